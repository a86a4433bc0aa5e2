#!/usr/bin/env python3
"""Uses the playground in a real browser, from a static server on the loopback interface.

Needs what `cargo xtask playground-program` has built in `target`, Chromium and its driver. Screenshots go to the folder
that the first argument names, or to none.
"""

import base64
import functools
import http.client
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import zlib

from guide_examples import EXAMPLES, links, unpacked
from test_page import FAINT, PHONE, WIDE
from webdriver import TAB, Browser

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "target" / "playground"
PROGRAM = ROOT / "target" / "debug" / "pinpoint-iam"
PICTURES = None

ANA = "arn:aws:iam::123456789012:user/ana"
APP = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"
FILES = {"/", "/icon.svg", "/page.css", "/page.js", "/playground.wasm", "/worker.js"}
# The worker fails while it answers a call, and gives no answers after that.
FAILING = b"""
    let hasFailed = false;
    self.addEventListener('message', event => {
        const isFailing = event.data.input.includes('fail-now');
        if (hasFailed || isFailing) event.stopImmediatePropagation();
        hasFailed ||= isFailing;
        if (isFailing) throw new Error('unreachable');
    });
"""

# The worker answers no call that contains a text, like one whose answer takes long.
BUSY = b"""
    let isBusy = false;
    self.addEventListener('message', event => {
        isBusy ||= event.data.input.includes('takes-long');
        if (isBusy) event.stopImmediatePropagation();
    });
"""

STATE = "return document.getElementById('decision').dataset.state"
DECISION = "return document.getElementById('decision').textContent"
# Waits for a condition, which is checked before each frame.
WAIT = """
    const isTrue = new Function(arguments[0]);
    return new Promise(resolve => {
        const check = () => isTrue() ? resolve(true) : requestAnimationFrame(check);
        check();
    });
"""
VIEWS = ["decide", "edit", "compare", "access"]
ORDERS = """format = 1

[service]
prefix = "orders"
name = "Orders"
partitions = ["aws"]

[placeholders.OrderId]
parameter = "order-id"
summary = "the id of the order"

[resources.order]
arn = "arn:${Partition}:orders:${Region}:${Account}:order/${OrderId}"
summary = "One order."

[actions.GetOrder]
summary = "Reads one order."
access-level = "Read"
resources = ["order"]
route = "GET /orders/{order-id}"
success-status = 200
"""
EDITOR = "document.getElementById('editor').shadowRoot"


class Server(http.server.ThreadingHTTPServer):
    """Serves the built files, and remembers what was requested."""

    def __init__(self):
        self.requested = []
        self.changed = {}
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=BUILT))

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.requested.append(self.path)
        if self.path in self.server.changed:
            self.send_response(200)
            self.send_header("Content-Type", self.guess_type(self.path))
            self.end_headers()
            self.wfile.write(self.server.changed[self.path])
            return
        super().do_GET()

    def end_headers(self):
        # The browser must not keep a file for the next test.
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_):
        pass


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def allow(action="*", **members):
    return {"Effect": "Allow", "Action": action, "Resource": "*", **members}


def policy(name, text, **members):
    return {"name": name, "type": "identity", "principals": [], "text": text, **members}


def state(*policies, catalog=None, **request):
    written = {"principal": ANA, "action": "mobiletargeting:GetApp", "resource": APP, "context": {}, **request}
    return {"version": 1, "catalog": catalog, "policies": list(policies), "request": {"written": written}}


def fragment(content):
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(json.dumps(content).encode()) + packer.flush()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


class PageTest(unittest.TestCase):
    """Uses the page at the address of a class."""

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.browser.show(*WIDE)
        self.browser.console()

    def tearDown(self):
        # A violation of the Content-Security-Policy would be here.
        self.assertEqual(self.browser.console(), [], "the console has to stay empty")

    def open(self, content=None):
        """Opens the page with a state, and returns the kind of the decision."""
        self.browser.open("about:blank")
        self.browser.open(self.address + ("" if content is None else "#" + fragment(content)))
        return self.decided()

    def wait(self, condition):
        self.assertTrue(self.browser.run(WAIT, f"return {condition}"))

    def decided(self):
        self.wait("document.getElementById('decision').dataset.state !== 'pending'")
        return self.browser.run(STATE)

    def write(self, identifier, text):
        """Replaces the content of a field, as an input event."""
        script = """
            const field = document.getElementById(arguments[0]);
            field.value = arguments[1];
            field.dispatchEvent(new Event('input', {bubbles: true}));
        """
        self.browser.run(script, identifier, text)

    def shown_while_pending(self, identifier, text, results):
        """Replaces the content of a field, and returns the visibility of results before there are new ones."""
        script = """
            const [identifier, text, results] = arguments;
            const field = document.getElementById(identifier);
            field.value = text;
            field.dispatchEvent(new Event('input', {bubbles: true}));
            return getComputedStyle(document.getElementById(results)).visibility;
        """
        return self.browser.run(script, identifier, text, results)

    def click(self, identifier):
        self.browser.run("document.getElementById(arguments[0]).click()", identifier)

    def text(self, identifier):
        return self.browser.run("return document.getElementById(arguments[0]).textContent", identifier)

    def picture(self, name):
        if PICTURES:
            self.browser.picture(PICTURES / f"{name}.png")

    def saved(self, folder, script, name):
        """Runs a script that saves a file, and returns its content."""
        self.browser.protocol("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        path = pathlib.Path(folder) / name
        self.browser.run(script)
        # A file gets its name when it is complete.
        self.until(path.exists)
        return path.read_text()

    def until(self, check):
        """Waits for a condition, which is checked between frames of the browser."""
        for _ in range(1000):
            if check():
                return
            self.browser.run("return new Promise(resolve => requestAnimationFrame(resolve))")
        self.fail("the condition is never met")


class PlaygroundTest(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Server())
        cls.address = f"http://127.0.0.1:{cls.server.server_port}/"

    def setUp(self):
        super().setUp()
        self.server.changed = {}

    def test_the_example_is_decided_and_changes_are_decided_again(self):
        self.assertEqual(self.open(), "allowed")
        self.assertTrue(self.browser.run(DECISION).startswith("Allowed: "))
        marked = f"return Array.from({EDITOR}.querySelectorAll('.statement'), mark => mark.textContent).join('\\n')"
        self.assertIn('"Read"', self.browser.run(marked))
        self.picture("decide")
        changed = """
            const action = document.getElementById('action');
            action.value = 'mobiletargeting:DeleteApp';
            action.dispatchEvent(new Event('input', {bubbles: true}));
            return document.getElementById('decision').textContent;
        """
        self.assertEqual(self.browser.run(changed), "Deciding", "the old decision is not shown any more")
        self.assertEqual(self.decided(), "denied")
        self.assertEqual(self.browser.run(marked), "")
        self.write("action", "mobiletargeting:GetApp")
        self.assertEqual(self.decided(), "allowed")
        values = """
            const values = document.querySelector('#keys textarea');
            values.value = '198.51.100.1';
            values.dispatchEvent(new Event('input', {bubbles: true}));
        """
        self.browser.run(values)
        self.assertEqual(self.decided(), "denied")
        self.assertIn('"OnlyFromTheOffice"', self.browser.run(marked))
        # The other statement has its reason when it is opened.
        other = "#explanation details details details:not(.deciding)"
        self.assertEqual(self.browser.run(f"return document.querySelectorAll('{other} li').length"), 0)
        self.browser.run(f"document.querySelector('{other} > summary').click()")
        self.wait(f"document.querySelector('{other} li') !== null")
        self.assertIn("Action matches", self.browser.run(f"return document.querySelector('{other}').textContent"))
        # It stays open if the explanation is the same.
        self.write("resource-account", "123456789012")
        self.assertEqual(self.decided(), "denied")
        self.assertEqual(self.browser.run(f"return document.querySelector('{other}').open"), True)
        unknown = """
            const state = document.querySelector('#keys select');
            state.value = 'unknown';
            state.dispatchEvent(new Event('input', {bubbles: true}));
        """
        self.browser.run(unknown)
        self.assertEqual(self.decided(), "undecided")
        self.assertTrue(self.browser.run(DECISION).startswith("Denied: "))

    def test_typing_in_the_editor_is_decided_and_checked(self):
        self.assertEqual(self.open(state(policy("p", document(allow())))), "allowed")
        focus = f"{EDITOR}.querySelector('.cm-content').focus()"
        self.browser.run(focus)
        self.browser.press("x")
        self.assertEqual(self.decided(), "error")
        self.assertIn("No decision: p:1:1: not valid JSON", self.browser.run(DECISION))
        self.assertEqual(self.text("explanation"), "", "nothing of the decision before remains")
        self.wait("document.getElementById('findings').childElementCount === 1")
        self.browser.press(["\ue003"])  # Backspace
        self.assertEqual(self.decided(), "allowed")
        self.assertNotEqual(self.text("explanation"), "", "the explanation is there again")

    def test_findings_keep_their_places(self):
        """The editor moves findings with the text, and the list has their new lines."""
        get = allow("mobiletargeting:GetApp")
        broken = document({**get, "Effect": "allow"}, {**get, "Effect": "deny"})
        self.open({**state(policy("p", broken)), "view": "edit"})
        marked = f"Array.from({EDITOR}.querySelectorAll('.cm-lintRange-error'), part => part.textContent).join()"
        listed = "Array.from(document.querySelectorAll('#findings button'), button => button.textContent.split(':')[0]).join()"
        self.browser.run(f"{EDITOR}.querySelector('.cm-content').focus()")
        for keys, lines in (("", "5,10"), ("\ue007", "6,11"), (" ", "6,11"), ("\ue003\ue003", "5,10")):
            with self.subTest(lines):
                self.browser.press(keys)
                self.decided()
                self.wait(f"{listed} === '{lines}'")
                self.wait(f"""{marked} === '"allow","deny"'""")
        # A finding whose text is corrected is removed, and the other one remains.
        self.browser.run("document.querySelector('#findings button').click()")
        self.browser.press('"Allow"')
        self.wait(f"{listed} === '10'")
        self.wait(f"""{marked} === '"deny"'""")

    def test_a_fix_is_applied(self):
        self.assertEqual(self.open(state(policy("p", document({**allow(), "Effect": "allow"})))), "error")
        self.click("tab-edit")
        self.wait("document.querySelector('#fixes button') !== null")
        self.assertIn("invalid-effect", self.text("findings"))
        self.assertGreater(self.browser.run(f"return {EDITOR}.querySelectorAll('.cm-lintRange-error').length"), 0)
        self.picture("edit")
        self.browser.run("document.querySelector('#fixes button').click()")
        self.assertEqual(self.decided(), "allowed")

    def test_completion_knows_actions(self):
        self.open(state(policy("p", '{"Statement": {"Action": "')))
        at_end = f"""
            const content = {EDITOR}.querySelector('.cm-content');
            content.focus();
        """
        self.browser.run(at_end)
        self.browser.press(["\ue010"])  # End
        self.browser.press("mobiletargeting:GetA")
        self.wait(f"{EDITOR}.querySelector('.cm-tooltip-autocomplete li') !== null")
        shown = self.browser.run(f"return {EDITOR}.querySelector('.cm-tooltip-autocomplete').textContent")
        self.assertIn("mobiletargeting:GetApp", shown)

    def test_hostile_text_stays_text(self):
        hostile = "<img src=x onerror=alert(1)>\u202e</script><script>alert(1)</script>"
        text = document(allow(Sid=hostile), allow(Resource=[hostile, "*"]))
        of_hostile = {"StringLike": {"aws:PrincipalTag/a": hostile}}
        for content, expected in (
            (state(policy(hostile, document(allow(Sid=hostile)))), "allowed"),
            (state(policy(hostile, text)), "error"),
            (state(policy(hostile, hostile), catalog=hostile), "error"),
            (state(policy(hostile, text, principals=[hostile]), principal=hostile, action=hostile), "error"),
            (state(policy("p", document(allow())), context={hostile: hostile, "aws:SourceIp": [hostile]}), "allowed"),
            (
                {
                    **state(policy(hostile, document(allow("s3:*", Sid=hostile, Condition=of_hostile)))),
                    "before": [policy(hostile, document(allow("s3:*", Sid=hostile)))],
                    "caller": ANA,
                    "view": hostile,
                },
                "denied",
            ),
        ):
            self.assertEqual(self.open(content), expected)
            self.click("tab-compare")
            if "before" in content:
                self.compared()
            self.click("tab-access")
            self.evaluated()
            self.click("tab-edit")
            for root in ("document", EDITOR):
                elements = self.browser.run(f"return {root}.querySelectorAll('img, body script, [onerror]').length")
                self.assertEqual(elements, 0)
        self.browser.open("about:blank")
        for broken in (hostile, "AAAA", fragment({"version": 1}), fragment({**content, "version": 2}), fragment([hostile])):
            self.browser.open("about:blank")
            self.browser.open(self.address + "#" + broken.replace("\u202e", ""))
            self.decided()
            self.assertIn("The state in the address is not used", self.text("notice"))

    def test_a_state_that_unpacks_to_more_than_the_limit_is_not_used(self):
        packer = zlib.compressobj(9, wbits=-15)
        packed = packer.compress(b" " * (8 << 20)) + packer.flush()
        self.browser.open("about:blank")
        self.browser.open(self.address + "#" + base64.urlsafe_b64encode(packed).decode().rstrip("="))
        self.decided()
        self.assertIn("it is too long", self.text("notice"))

    def test_a_broken_catalog_is_reported_and_the_decision_remains(self):
        content = state(policy("p", document(allow())), catalog="format = 1\n[service]\nprefix = \"")
        self.assertEqual(self.open(content), "allowed")
        self.wait("document.getElementById('catalog-notice').textContent !== ''")
        self.assertIn("The own catalog has errors", self.text("catalog-notice"))
        self.browser.run("document.querySelector('#documents button:last-child').click()")
        self.wait("document.getElementById('findings').childElementCount > 0")

    def test_after_a_failure_there_is_no_decision(self):
        self.server.changed["/worker.js"] = FAILING + (BUILT / "worker.js").read_bytes()
        self.assertEqual(self.open(state(policy("p", document(allow())))), "allowed")
        self.write("resource-account", "fail-now")
        self.assertEqual(self.decided(), "error")
        self.assertIn("the playground failed", self.browser.run(DECISION))
        self.assertEqual(self.text("explanation"), "")
        # The next call starts the program again.
        self.write("resource-account", "")
        self.assertEqual(self.decided(), "allowed")
        self.browser.console()

    def test_without_the_program_there_is_no_decision(self):
        module = (BUILT / "playground.wasm").read_bytes()
        # A module that ends early, one without the functions, and none.
        for content in (module[: len(module) // 2], b"\0asm\1\0\0\0", b""):
            self.server.changed["/playground.wasm"] = content
            self.assertEqual(self.open(state(policy("p", document(allow())))), "error")
            self.assertIn("No decision: the playground failed", self.browser.run(DECISION))
            self.assertEqual(self.text("explanation"), "")

    def test_messages_and_records_fill_the_request(self):
        self.open(state(policy("p", document(allow("s3:*")))))
        message = f"User: {ANA} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::reports/a.csv"
        self.write("paste-text", message)
        self.click("paste-use")
        self.wait("document.getElementById('action').value === 's3:GetObject'")
        self.assertEqual(self.decided(), "allowed")
        record = {"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {"arn": ANA}, "action": "mobiletargeting:GetApp",
                  "resource": APP, "outcome": "deny", "revision": "7", "ns": 812}
        self.write("paste-text", json.dumps(record))
        self.click("paste-use")
        self.wait("!document.getElementById('record').hidden")
        self.assertEqual(self.decided(), "denied")

    def test_the_address_contains_the_state(self):
        self.open()
        self.write("action", "mobiletargeting:DeleteApp")

        def is_there():
            text = self.browser.run("return location.hash")
            return text != "" and unpacked(text[1:])["request"]["written"]["action"] == "mobiletargeting:DeleteApp"

        self.until(is_there)
        address = self.browser.run("return location.href")
        self.browser.open("about:blank")
        self.browser.open(address)
        self.assertEqual(self.decided(), "denied")
        self.assertEqual(self.browser.run("return document.getElementById('action').value"), "mobiletargeting:DeleteApp")

    def compared(self):
        self.wait("!['pending', ''].includes(document.getElementById('comparison').dataset.state ?? '')")
        return self.browser.run("return document.getElementById('comparison').dataset.state")

    def test_versions_are_compared_and_a_difference_is_decided_on_both(self):
        narrow, wide = (policy("p", document(allow(f"mobiletargeting:{action}"))) for action in ("GetApp", "*App"))
        get = state(wide)
        for name, before, after, expected, decisions in (
            ("newly allowed", [narrow], [wide], "wider", ["allowed", "denied"]),
            ("no longer allowed", [wide], [narrow], "narrower", ["denied", "allowed"]),
            ("attached to another user", [wide], [{**wide, "principals": [ANA[:-3] + "ben"]}], "narrower", ["denied", "allowed"]),
            ("no policies before", [], [narrow], "wider", ["allowed", "denied"]),
            ("equal", [wide], [wide], "equal", None),
        ):
            with self.subTest(name):
                self.open({**get, "policies": after, "before": before, "view": "compare", "caller": ANA})
                self.assertEqual(self.compared(), expected)
                self.assertEqual(self.shown_while_pending("caller", ANA, "differences"), "hidden")
                self.assertEqual(self.compared(), expected)
                witnesses = self.browser.run("return document.querySelectorAll('#differences .witness').length")
                self.assertEqual(witnesses, 0 if decisions is None else 1)
                if name == "newly allowed":
                    self.picture("compare")
                if decisions is None:
                    continue
                self.browser.run("document.querySelector('#differences .witness').click()")
                self.assertEqual(self.browser.run("return document.getElementById('decide').hidden"), False)
                self.decided()
                self.wait("document.getElementById('before-decision').dataset.state !== 'pending'")
                shown = "return ['decision', 'before-decision'].map(id => document.getElementById(id).dataset.state)"
                self.assertEqual(self.browser.run(shown), decisions)

    def test_a_version_is_kept_changed_swapped_and_removed(self):
        self.open(state(policy("p", document(allow()))))
        self.assertEqual(self.browser.run("return document.getElementById('decide-before').hidden"), True)
        self.click("tab-compare")
        self.click("keep-before")
        self.assertEqual(self.compared(), "equal")
        self.browser.run(f"{EDITOR}.querySelector('.cm-content').focus()")
        self.browser.press("x")
        self.assertEqual(self.compared(), "error")
        self.assertIn("No comparison: after: p:1:1", self.text("comparison"))
        self.click("swap-before")
        self.wait("document.getElementById('comparison').textContent.startsWith('No comparison: before: p:1:1')")
        # The decision of the version before is an error, and not that of an empty version.
        self.assertEqual(self.decided(), "allowed")
        self.wait("document.getElementById('before-decision').dataset.state === 'error'")
        self.assertEqual(self.text("before-explanation"), "")
        self.click("remove-before")
        hidden = "return ['before', 'decide-before'].map(id => document.getElementById(id).hidden)"
        self.assertEqual(self.browser.run(hidden), [True, True])

    def test_after_a_failure_there_is_no_comparison(self):
        self.server.changed["/worker.js"] = FAILING + (BUILT / "worker.js").read_bytes()
        rules = [policy("p", document(allow()))]
        for caller, expected in (
            ("fail-now", "No comparison: the playground failed"),
            ("ana", "No comparison: `ana`"),
        ):
            self.open({**state(*rules), "before": [], "view": "compare", "caller": ANA})
            self.assertEqual(self.compared(), "wider")
            self.assertNotEqual(self.text("differences"), "")
            self.write("caller", caller)
            self.assertEqual(self.compared(), "error")
            self.assertIn(expected, self.text("comparison"))
            self.assertEqual(self.text("differences"), "")
            self.write("caller", ANA)
            self.assertEqual(self.compared(), "wider")
        self.browser.console()

    def test_a_comparison_that_takes_long_delays_nothing_else(self):
        self.server.changed["/worker.js"] = BUSY + (BUILT / "worker.js").read_bytes()
        rules = [policy("p", document(allow("mobiletargeting:GetApp")))]
        self.open({**state(*rules), "before": [], "view": "compare", "caller": ANA})
        self.assertEqual(self.compared(), "wider")
        self.write("caller", "takes-long")
        self.write("action", "mobiletargeting:DeleteApp")
        self.assertEqual(self.decided(), "denied")
        self.wait("document.getElementById('findings-count').textContent === 'No findings.'")
        self.assertEqual(self.browser.run("return document.getElementById('comparison').dataset.state"), "pending")
        hidden = "return getComputedStyle(document.getElementById('differences')).visibility"
        self.assertEqual(self.browser.run(hidden), "hidden")

    def test_an_explanation_that_is_late_is_marked(self):
        self.server.changed["/worker.js"] = BUSY + (BUILT / "worker.js").read_bytes()
        self.assertEqual(self.open(state(policy("p", document(allow())))), "allowed")
        opacity = "getComputedStyle(document.getElementById('explanation')).opacity"
        self.assertEqual(self.browser.run(f"return {opacity}"), "1")
        self.write("action", "takes-long")
        self.wait(f"{opacity} === '0.6'")
        self.assertEqual(self.text("decision"), "Deciding")

    def test_both_decisions_are_made_again(self):
        rules = [policy("p", document(allow("mobiletargeting:GetApp")))]
        self.open({**state(*rules), "before": rules})
        self.wait("document.getElementById('before-decision').dataset.state === 'allowed'")
        change = """
            const action = document.getElementById('action');
            action.value = 'mobiletargeting:DeleteApp';
            action.dispatchEvent(new Event('input', {bubbles: true}));
            return ['decision', 'before-decision'].map(id => document.getElementById(id).textContent);
        """
        self.assertEqual(self.browser.run(change), ["Deciding", "Deciding"])
        self.wait("document.getElementById('before-decision').dataset.state === 'denied'")
        self.assertEqual(self.decided(), "denied")

    def evaluated(self):
        self.wait("document.getElementById('access-state').dataset.state !== 'pending'")
        return self.browser.run("return document.getElementById('access-state').dataset.state")

    def test_who_can_do_what_is_shown_filtered_and_explained(self):
        ben = ANA[:-3] + "ben"
        office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
        readers = policy("reader", document(allow("mobiletargeting:Get*")), principals=[ANA, ben])
        deleters = policy("deleter", document(allow("mobiletargeting:Delete*", Condition=office)), principals=[ben])
        self.open({**state(readers, deleters), "view": "access"})
        self.assertEqual(self.evaluated(), "shown")
        self.picture("access")
        columns = self.browser.run("return Array.from(document.querySelectorAll('#access-matrix th[scope=col]'), cell => cell.textContent)")
        self.assertEqual(columns[-2:], [ANA, ben])
        self.write("access-filter", "deleteapp ")
        shown = "return Array.from(document.querySelectorAll('#access-matrix tbody tr:not([hidden]) td button'), cell => cell.textContent)"
        self.assertEqual(self.browser.run(shown), ["implicit deny", "depends on:\naws:SourceIp"])
        self.assertRegex(self.text("access-state"), "^1 of [0-9]+ actions$")
        for cell, principal, decision in ((0, ANA, "denied"), (1, ben, "undecided")):
            self.click("tab-access")
            self.evaluated()
            click = "document.querySelectorAll('#access-matrix tbody tr:not([hidden]) td button')[arguments[0]].click()"
            self.browser.run(click, cell)
            self.assertEqual(self.decided(), decision)
            self.assertEqual(self.browser.run("return document.activeElement.id"), "tab-decide")
            fields = "return ['principal', 'action'].map(id => document.getElementById(id).value)"
            self.assertEqual(self.browser.run(fields), [principal, "mobiletargeting:DeleteApp"])

    def test_without_a_matrix_nothing_of_the_one_before_remains(self):
        readers = policy("reader", document(allow("mobiletargeting:Get*")), principals=[ANA])
        self.open({**state(readers), "view": "access"})
        self.assertEqual(self.evaluated(), "shown")
        for identifier, text, expected in (
            ("access-account", "", "No matrix: "),
            ("access-principals", "ana", "No matrix: `ana`"),
        ):
            before = self.browser.run("return document.getElementById(arguments[0]).value", identifier)
            self.assertEqual(self.shown_while_pending(identifier, text, "access-matrix"), "hidden")
            self.assertEqual(self.evaluated(), "error")
            self.assertIn(expected, self.text("access-state"))
            self.assertEqual(self.text("access-matrix"), "")
            self.write(identifier, before)
            self.assertEqual(self.evaluated(), "shown")
        # The matrix cannot contain every type of policy.
        self.open({**state(readers, policy("p", document(allow()), type="scp", level=0)), "view": "access"})
        self.assertEqual(self.evaluated(), "error")

    def test_nothing_is_requested_after_loading(self):
        self.server.requested.clear()
        self.open()
        # Comparisons have a worker of their own.
        self.click("tab-edit")
        self.wait("document.getElementById('fixes-count').textContent !== ''")
        self.assertEqual(set(self.server.requested) - FILES, set())
        loaded = list(self.server.requested)
        self.write("principal", "https://example.com/")
        self.decided()
        self.click("add-policy")
        self.decided()
        self.click("tab-edit")
        self.click("format")
        self.decided()
        self.assertEqual(self.server.requested, loaded)

    def test_tabs_by_keyboard(self):
        self.open()
        self.browser.run("document.getElementById('tab-decide').focus()")
        for key, expected in (("\ue014", "edit"), ("\ue014", "compare"), ("\ue014", "access"), ("\ue014", "decide"), ("\ue012", "access")):
            self.browser.press([key])  # Right and left
            shown = "return arguments[0].filter(id => !document.getElementById(id).hidden)"
            self.assertEqual(self.browser.run(shown, VIEWS), [expected])
            self.assertEqual(self.browser.run("return document.activeElement.id"), f"tab-{expected}")

    def test_everything_is_reached_and_used_by_keyboard(self):
        text = document(allow("mobiletargeting:GetApp"))
        for view, fields in (
            ("decide", {"principal", "action", "template", "resource", "resource-account", "new-key", "add-key"}),
            ("edit", {"format"}),
            ("compare", {"keep-before", "swap-before", "remove-before", "caller"}),
            ("access", {"access-service", "access-region", "access-principals", "access-filter", "access-matrix"}),
        ):
            self.open({**state(policy("p", text)), "before": [policy("p", text)], "view": view})
            if view == "access":
                self.evaluated()
            expected = {"copy-link", "save-file", "open-file", "add-policy", "policy-name", "policy-type", "policy-principals", "editor"}
            missing = {*expected, f"tab-{view}", *fields}
            self.browser.run("document.activeElement.blur()")
            for _ in range(200):
                self.browser.press([TAB])
                missing.discard(self.browser.run("return document.activeElement.id"))
                if not missing:
                    break
            self.assertEqual(missing, set(), view)
        # From an action to the decision, and the policy that causes it.
        self.open(state(policy("p", text), action="mobiletargeting:DeleteApp"))
        self.browser.run("document.getElementById('action').select(), document.getElementById('action').focus()")
        self.browser.press("mobiletargeting:GetApp")
        self.assertEqual(self.decided(), "allowed")

    def test_every_field_has_a_name_in_every_view(self):
        text = document(allow("mobiletargeting:GetApp"))
        for view in VIEWS:
            before = [policy("p", document(allow()))]
            self.open({**state(policy("p", text, principals=[ANA])), "before": before, "view": view, "caller": ANA})
            if view == "access":
                self.evaluated()
            if view == "compare":
                self.compared()
            nodes = self.browser.protocol("Accessibility.getFullAXTree")["nodes"]
            shown = [node for node in nodes if not node["ignored"]]
            of = lambda *roles: [node for node in shown if node["role"]["value"] in roles]
            name = lambda node: node.get("name", {}).get("value")
            fields = of("textbox", "combobox", "button", "tab", "spinbutton", "searchbox", "tablist", "tabpanel", "region")
            self.assertGreater(len(fields), 15)
            self.assertEqual([node for node in fields if not name(node)], [], view)
            selected = [
                name(tab)
                for tab in of("tab")
                if any(one["name"] == "selected" and one["value"]["value"] for one in tab.get("properties", []))
            ]
            titles = {"decide": "Decide", "edit": "Edit", "compare": "Compare", "access": "Who can do what"}
            self.assertEqual(selected, [titles[view]])
            self.assertEqual([name(panel) for panel in of("tabpanel")], [titles[view]])
            # Results are announced when they change.
            self.assertEqual({"decide": 4, "edit": 3, "compare": 3, "access": 3}[view], len(of("status")), view)
            if view == "access":
                self.assertGreater(len(of("columnheader")), 2)
                self.assertGreater(len(of("rowheader")), 2)

    def test_light_dark_and_phone(self):
        for is_phone, (width, height) in ((False, WIDE), (True, PHONE)):
            for is_dark in (False, True):
                for view in VIEWS:
                    self.browser.show(width, height, is_phone=is_phone, is_dark=is_dark)
                    rules = [policy("p", document(allow("mobiletargeting:Get*")), principals=[ANA])]
                    before = [policy("p", document(allow("mobiletargeting:*App", Sid="x" * 100)))]
                    self.open({**state(*rules), "before": before, "view": view, "caller": ANA})
                    if view == "access":
                        self.evaluated()
                    if view == "compare":
                        self.compared()
                    name = f"{view}-{'phone' if is_phone else 'wide'}-{'dark' if is_dark else 'light'}"
                    with self.subTest(name):
                        self.assertEqual(self.browser.run(FAINT), [])
                        needed = self.browser.run("return document.documentElement.scrollWidth")
                        self.assertLessEqual(needed, width, "nothing sticks out sideways")
                        self.picture(name)

    def test_the_editor_needs_no_exception_from_the_security_policy(self):
        self.open({**state(policy("p", document(allow()))), "before": [policy("p", document(allow()))], "view": "compare"})
        allowed = self.browser.run("return document.querySelector('meta[http-equiv=Content-Security-Policy]').content")
        self.assertIn("default-src 'none'", allowed)
        self.assertNotIn("unsafe-inline", allowed)
        for host in ("editor", "before-editor"):
            sheets = f"return document.getElementById('{host}').shadowRoot.adoptedStyleSheets.length"
            self.assertGreater(self.browser.run(sheets), 0)
        outside = "return document.querySelectorAll('style, [style], script:not([src])').length"
        self.assertEqual(self.browser.run(outside), 0)
        # The policy has an effect: a style that is not in a file is rejected, which the console reports.
        self.browser.run("document.head.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))")
        self.assertIn("Content Security Policy", " ".join(self.browser.console()))

    def test_a_state_is_saved_and_opened(self):
        content = state(policy("p", document(allow())), action="s3:GetObject", context={"aws:SourceIp": "203.0.113.7"})
        self.assertEqual(self.open(content), "allowed")
        with tempfile.TemporaryDirectory() as folder:
            saved = self.saved(folder, "document.getElementById('save-file').click()", "playground.json")
            self.assertEqual(json.loads(saved)["policies"], content["policies"])
            self.open()
            path = pathlib.Path(folder) / "playground.json"
            self.use_file(path)
            self.wait("document.getElementById('action').value === 's3:GetObject'")
            self.assertEqual(self.decided(), "allowed")
            # What cannot be used changes nothing.
            path.write_text('{"version": 3}')
            self.use_file(path)
            self.wait("document.getElementById('notice').textContent !== ''")
            self.assertIn("The file is not used: it is not a state of this version", self.text("notice"))
            self.assertEqual(self.browser.run("return document.getElementById('action').value"), "s3:GetObject")
            catalog = pathlib.Path(folder) / "orders.toml"
            catalog.write_text(ORDERS)
            self.use_file(catalog)
            self.wait("document.querySelector('#actions option[value=\"orders:GetOrder\"]') !== null")

    def use_file(self, path):
        self.browser.choose_file(self.browser.run("return document.getElementById('open-file')"), path)

    def drop(self, name, content):
        script = """
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([arguments[1]], arguments[0]));
            for (const type of ['dragover', 'drop']) {
                document.body.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}));
            }
        """
        self.browser.run(script, name, content)

    def test_a_test_case_is_that_of_the_shown_state(self):
        self.open(state(policy("p", document(allow()))))
        self.click("export-create")
        self.wait("document.querySelectorAll('#export-files a').length === 2")
        self.write("resource-account", "123456789012")
        self.assertEqual(self.text("export-files"), "")
        # A change while the files are created.
        script = """
            document.getElementById('export-create').click();
            const field = document.getElementById('resource-account');
            field.value = '';
            field.dispatchEvent(new Event('input', {bubbles: true}));
        """
        self.browser.run(script)
        self.assertEqual(self.decided(), "allowed")
        self.assertEqual(self.text("export-files"), "")
        self.click("export-create")
        self.wait("document.querySelectorAll('#export-files a').length === 2")
        self.write("principal", "ana")
        self.click("export-create")
        self.wait("document.getElementById('export-state').textContent !== ''")
        self.assertIn("No test case: ", self.text("export-state"))
        self.assertEqual(self.text("export-files"), "")

    def test_files_are_dropped(self):
        self.open(state(policy("p", document(allow("orders:*")))))
        self.drop("orders.toml", ORDERS)
        self.wait("document.querySelector('#actions option[value=\"orders:GetOrder\"]') !== null")
        self.assertIn("OrderId", self.browser.run(f"return {EDITOR}.querySelector('.cm-content').textContent"))
        self.drop("orders.toml", ORDERS.replace("order/${", "order/${Un"))
        self.wait("document.getElementById('catalog-notice').textContent !== ''")
        self.drop("playground.json", json.dumps(state(policy("q", document(allow("s3:*"))))))
        self.wait("document.querySelector('#documents').textContent.startsWith('q')")
        self.assertEqual(self.decided(), "denied")
        for name, content, expected in (
            ("picture.png", "<img>", "The file is not used: "),
            ("long.toml", "x" * ((4 << 20) + 1), "The file is not used: it is too long"),
        ):
            self.drop(name, content)
            self.wait(f"document.getElementById('notice').textContent.includes('{expected}')")
        self.assertEqual(self.browser.run("return document.getElementById('policy-name').value"), "q")

    def test_the_link_is_copied(self):
        self.open(state(policy("p", document(allow())), action="s3:GetObject"))
        self.browser.protocol("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.click("copy-link")
        self.wait("document.getElementById('notice').textContent !== ''")
        self.assertIn("is in the clipboard", self.text("notice"))
        link = self.browser.run("return navigator.clipboard.readText()")
        self.assertEqual(unpacked(link.split("#")[1])["request"]["written"]["action"], "s3:GetObject")
        self.browser.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
        self.click("copy-link")
        self.wait("document.getElementById('notice').textContent.includes('not available')")

    def test_the_fields_of_an_arn_fill_the_resource(self):
        self.open(state(policy("p", document(allow(Resource="arn:aws:mobiletargeting:eu-west-1:123456789012:apps/a7")))))
        self.wait("document.querySelectorAll('#template option').length > 2")
        choose = """
            const template = document.getElementById('template');
            template.selectedIndex = 2;
            template.dispatchEvent(new Event('change', {bubbles: true}));
            return Array.from(document.querySelectorAll('#placeholders label'), label => label.textContent.trim());
        """
        names = self.browser.run(choose)
        self.assertEqual(names[:3], ["Partition", "Region", "Account"])
        self.assertEqual(self.decided(), "denied")
        fill = """
            const [number, value] = arguments;
            const field = document.querySelectorAll('#placeholders input')[number];
            field.value = value;
            field.dispatchEvent(new Event('input', {bubbles: true}));
            return document.getElementById('resource').value;
        """
        self.browser.run(fill, 1, "eu-west-1")
        resource = self.browser.run(fill, 3, "a7")
        self.assertEqual(resource, "arn:aws:mobiletargeting:eu-west-1:123456789012:apps/a7")
        self.assertEqual(self.decided(), "allowed")
        # A placeholder is a text, whatever it contains.
        self.assertEqual(self.browser.run(fill, 3, "$&${AppId}"), "arn:aws:mobiletargeting:eu-west-1:123456789012:apps/$&${AppId}")
        self.assertEqual(self.decided(), "denied")

    def test_hover_shows_what_an_action_is(self):
        self.open(state(policy("p", document(allow("mobiletargeting:GetApp")))))
        place = f"""
            const lines = Array.from({EDITOR}.querySelectorAll('.cm-line'));
            const found = lines.find(line => line.textContent.includes('GetApp'));
            const parts = Array.from(found.querySelectorAll('span'));
            const box = parts.find(part => part.textContent.includes('GetApp')).getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2];
        """
        x, y = self.browser.run(place)
        self.browser.point(x - 3, y)
        self.browser.point(x, y)
        self.wait(f"{EDITOR}.querySelector('.cm-tooltip-hover pre') !== null")
        shown = self.browser.run(f"return {EDITOR}.querySelector('.cm-tooltip-hover pre').textContent")
        self.assertIn("mobiletargeting:GetApp", shown)

    def test_the_examples_of_the_guide_open(self):
        found = links()
        self.assertEqual(set(found), {example.path.name for example in EXAMPLES}, "a link without an example")
        for example in EXAMPLES:
            [link] = found[example.path.name]
            # `python3 tests/browser/guide_examples.py` writes the links.
            self.assertEqual(unpacked(link), example.state(), "the link is not that of the code blocks in the chapter")
            self.browser.open("about:blank")
            self.browser.open(f"{self.address}index.html#{link}")
            identifier, expected = example.shown
            self.wait(f"!['pending', undefined].includes(document.getElementById('{identifier}').dataset.state)")
            shown = self.browser.run("return document.getElementById(arguments[0]).dataset.state", identifier)
            self.assertEqual(shown, expected, example.path.name)
            self.assertEqual(self.text("notice"), "")
            self.assertEqual(self.text("catalog-notice"), "")


class ProgramTest(PageTest):
    """`pinpoint-iam playground`, which contains the page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program = subprocess.Popen([PROGRAM, "playground", "--no-open"], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(program.stdout.close)
        cls.addClassCleanup(program.wait)
        cls.addClassCleanup(program.kill)
        cls.address = next(word for word in program.stdout.readline().split() if word.startswith("http:"))
        cls.port = int(cls.address.split(":")[2].rstrip("/"))

    def answer(self, request):
        """Sends bytes, and returns the status, the headers and the content of the response."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection, method=request.split(b" ")[0].decode(errors="replace"))
            response.begin()
            return response.status, response.headers, response.read()

    def test_a_test_case_passes_in_the_program(self):
        office = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
        for content, expected in (
            (state(policy("reader", document(allow(Sid="Read")))), "allowed"),
            (
                state(
                    policy("reader", document(allow())),
                    policy("../office", document({**allow(Condition=office), "Effect": "Deny"})),
                    policy("other", document({**allow(), "Effect": "Deny"}), principals=[ANA[:-3] + "ben"]),
                    policy("limit", document(allow("mobiletargeting:*")), type="boundary", principals=[ANA]),
                    policy("session", document(allow()), type="session"),
                    policy("root", document(allow()), type="scp", level=0),
                    policy("unit", document(allow()), type="scp", level=1),
                    context={"aws:SourceIp": "198.51.100.1", "aws:TagKeys": ["a", "b"]},
                ),
                "denied",
            ),
            (state(policy("p", document(allow(Condition=office))), **{"unknown-keys": ["aws:SourceIp"]}), "undecided"),
        ):
            self.assertEqual(self.open(content), expected)
            self.click("export-create")
            self.wait("document.querySelector('#export-files a') !== null")
            names = self.browser.run("return Array.from(document.querySelectorAll('#export-files a'), link => link.download)")
            with tempfile.TemporaryDirectory() as folder:
                for number, name in enumerate(names):
                    self.saved(folder, f"document.querySelectorAll('#export-files a')[{number}].click()", name)
                test = [PROGRAM, "test", names[0]]
                self.assertEqual(names[0], "playground.test.json")
                done = subprocess.run(test, cwd=folder, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                # The test notices another decision.
                path = pathlib.Path(folder) / names[0]
                other = "denied" if expected == "allowed" else "allowed"
                suite = json.loads(path.read_text())
                suite["test"][0]["expect"] = other
                path.write_text(json.dumps(suite))
                self.assertEqual(subprocess.run(test, cwd=folder, capture_output=True).returncode, 17)
            # The files of another state are not shown.
            self.write("resource-account", "1")
            self.assertEqual(self.browser.run("return document.querySelectorAll('#export-files a').length"), 0)

    def test_every_file_is_the_built_one_with_the_security_policy(self):
        for path in BUILT.iterdir():
            for target in [f"/{path.name}", *(["/"] if path.name == "index.html" else [])]:
                request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n"
                status, headers, content = self.answer(request.encode())
                self.assertEqual((status, content), (200, path.read_bytes()), target)
                allowed = headers["Content-Security-Policy"]
                self.assertIn(allowed.removesuffix("; frame-ancestors 'none'"), (BUILT / "index.html").read_text())
                self.assertIn("default-src 'none'", allowed)
                self.assertTrue(allowed.endswith("; frame-ancestors 'none'"))
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")

    def test_other_requests_are_rejected(self):
        host = f"Host: 127.0.0.1:{self.port}"
        for request, expected, reason in (
            (f"GET / HTTP/1.1\r\nHost: LOCALHOST:{self.port}", 200, "the other name of the loopback interface"),
            (f"HEAD / HTTP/1.1\r\n{host}", 200, "without content"),
            (f"GET / HTTP/1.1\r\nHost: evil.example:{self.port}", 421, "a name that resolves to the loopback interface"),
            ("GET / HTTP/1.1\r\nHost: evil.example", 421, "without a port"),
            ("GET / HTTP/1.1\r\nHost: 127.0.0.1", 421, "another port"),
            (f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}.evil.example", 421, "a name that starts like an address"),
            ("GET / HTTP/1.1", 400, "no host"),
            (f"GET / HTTP/1.1\r\n{host}\r\nHost: evil.example", 400, "two hosts"),
            (f"GET http://evil.example/ HTTP/1.1\r\n{host}", 404, "a host in the target"),
            (f"POST / HTTP/1.1\r\n{host}", 405, "a method that could change something"),
            (f"GET /../Cargo.toml HTTP/1.1\r\n{host}", 404, "a folder above"),
            (f"GET /%2e%2e/Cargo.toml HTTP/1.1\r\n{host}", 404, "the same, encoded"),
            (f"GET //etc/passwd HTTP/1.1\r\n{host}", 404, "an absolute path"),
            (f"GET /..\\Cargo.toml HTTP/1.1\r\n{host}", 404, "with a backslash"),
            (f"GET index.html HTTP/1.1\r\n{host}", 404, "not a path"),
            (f"GET /index.html\0 HTTP/1.1\r\n{host}", 404, "with a control character"),
            (f"GET / HTTP/1.1 x\r\n{host}", 400, "not a request line"),
            (f"GET /\r\n{host}", 400, "HTTP/0.9"),
            (f"GET / SPDY/3\r\n{host}", 400, "another protocol"),
            (f"GET / HTTP/1.1\r\n{host}\r\nno colon", 400, "not a header"),
            (f"GET / HTTP/1.1\r\n{host}\r\nX: \xff", 400, "not text"),
        ):
            with self.subTest(reason):
                status, headers, content = self.answer(request.encode("latin-1") + b"\r\n\r\n")
                self.assertEqual(status, expected)
                self.assertIn("Content-Security-Policy", headers)
                if expected != 200:
                    self.assertNotIn(b"<html", content)

    def test_a_head_that_is_too_long_has_no_response(self):
        request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX: {'x' * 64_000}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            try:
                connection.sendall(request.encode())
                received = connection.recv(1)
            except ConnectionError:
                received = b""
        self.assertEqual(received, b"")

    def test_the_browser_is_opened(self):
        with tempfile.TemporaryDirectory() as folder:
            opened = pathlib.Path(folder) / "opened"
            os.mkfifo(opened)
            opener = pathlib.Path(folder) / "xdg-open"
            opener.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
            opener.chmod(0o755)
            for path, is_opened in ((f"{folder}:{os.environ['PATH']}", True), (f"{folder}/none", False)):
                with subprocess.Popen(
                    [PROGRAM, "playground"],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "PATH": path},
                ) as program:
                    try:
                        line = program.stdout.readline()
                        if is_opened:
                            self.assertIn(f" {opened.read_text().strip()} ", line)
                        else:
                            self.assertIn("warning: no browser could be opened: ", program.stderr.readline())
                    finally:
                        program.kill()

    def test_a_port_that_is_in_use_is_an_error(self):
        done = subprocess.run([PROGRAM, "playground", "--port", str(self.port)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"error: cannot serve the playground on port {self.port}: ", done.stderr)

    def test_only_the_loopback_interface_is_used(self):
        listening = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        local = [fields[1].split(":")[0] for fields in listening if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == self.port]
        self.assertEqual(local, ["0100007F"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        PICTURES = pathlib.Path(sys.argv.pop(1))
        PICTURES.mkdir(parents=True, exist_ok=True)
    unittest.main()
