#!/usr/bin/env python3
"""Uses the playground in a real browser, from a static server on the loopback interface.

Needs what `cargo xtask playground` has built in `target/playground`, Chromium and its driver. Screenshots go to the folder
that the first argument names, or to none.
"""

import base64
import functools
import http.server
import json
import pathlib
import sys
import threading
import unittest
import zlib

from test_page import FAINT, PHONE, WIDE
from webdriver import Browser

BUILT = pathlib.Path(__file__).resolve().parents[2] / "target" / "playground"
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


class PlaygroundTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.browser = cls.enterClassContext(Browser())
        cls.address = f"http://127.0.0.1:{cls.server.server_port}/"

    def setUp(self):
        self.browser.show(*WIDE)
        self.server.changed = {}
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

    def click(self, identifier):
        self.browser.run("document.getElementById(arguments[0]).click()", identifier)

    def text(self, identifier):
        return self.browser.run("return document.getElementById(arguments[0]).textContent", identifier)

    def picture(self, name):
        if PICTURES:
            self.browser.picture(PICTURES / f"{name}.png")

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
        for content, expected in (
            (state(policy(hostile, document(allow(Sid=hostile)))), "allowed"),
            (state(policy(hostile, text)), "error"),
            (state(policy(hostile, hostile), catalog=hostile), "error"),
            (state(policy(hostile, text, principals=[hostile]), principal=hostile, action=hostile), "error"),
            (state(policy("p", document(allow())), context={hostile: hostile, "aws:SourceIp": [hostile]}), "allowed"),
        ):
            self.assertEqual(self.open(content), expected)
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
        before = self.browser.run("return location.hash")
        self.write("action", "mobiletargeting:DeleteApp")
        self.decided()
        self.browser.run(WAIT, f"return location.hash.length > 1 && location.hash !== {json.dumps(before)}")
        address = self.browser.run("return location.href")
        self.browser.open("about:blank")
        self.browser.open(address)
        self.assertEqual(self.decided(), "denied")
        self.assertEqual(self.browser.run("return document.getElementById('action').value"), "mobiletargeting:DeleteApp")

    def test_nothing_is_requested_after_loading(self):
        self.server.requested.clear()
        self.open()
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
        self.browser.press(["\ue014"])  # Right
        self.assertEqual(self.browser.run("return document.activeElement.id"), "tab-edit")
        hidden = "return ['decide', 'edit'].map(id => document.getElementById(id).hidden)"
        self.assertEqual(self.browser.run(hidden), [True, False])

    def test_every_field_has_a_name(self):
        self.open()
        nodes = self.browser.protocol("Accessibility.getFullAXTree")["nodes"]
        roles = {"textbox", "combobox", "button", "tab", "spinbutton", "searchbox"}
        shown = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
        self.assertGreater(len(shown), 15)
        self.assertEqual([node for node in shown if not node.get("name", {}).get("value")], [])

    def test_light_dark_and_phone(self):
        for is_phone, (width, height) in ((False, WIDE), (True, PHONE)):
            for is_dark in (False, True):
                self.browser.show(width, height, is_phone=is_phone, is_dark=is_dark)
                self.open()
                name = f"{'phone' if is_phone else 'wide'}-{'dark' if is_dark else 'light'}"
                with self.subTest(name):
                    self.assertEqual(self.browser.run(FAINT), [])
                    needed = self.browser.run("return document.documentElement.scrollWidth")
                    self.assertLessEqual(needed, width, "nothing sticks out sideways")
                    self.picture(name)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        PICTURES = pathlib.Path(sys.argv.pop(1))
        PICTURES.mkdir(parents=True, exist_ok=True)
    unittest.main()
