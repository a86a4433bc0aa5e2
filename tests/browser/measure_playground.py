#!/usr/bin/env python3
"""Measures the playground in headless Chromium: how long it takes until the page shows what a change leads to.

Needs what `cargo xtask playground-program` has built. The machine should be idle: the minimum is what the work takes, and
the other numbers also contain what other programs take.
"""

import json
import statistics
import time

from test_playground import ANA, APP, Server, document, fragment, policy, state
from webdriver import Browser

KEYSTROKES = 60

# The time from an input event to the change of an element that shows a result.
RECORD = """
    const [name, identifier] = arguments;
    const times = window.times ??= {};
    times[name] = [];
    const element = document.getElementById(identifier);
    let start;
    document.addEventListener('beforeinput', () => start = performance.now(), {capture: true});
    new MutationObserver(() => {
        if (start === undefined || element.dataset.state === 'pending') return;
        times[name].push(performance.now() - start);
        start = undefined;
    }).observe(element, {childList: true});
"""
# The time of calls in a worker that does nothing else.
CALL = """
    const [name, input, count] = arguments;
    return new Promise((resolve, reject) => {
        const worker = new Worker('worker.js');
        const times = [];
        let start;
        const ask = () => {
            start = performance.now();
            worker.postMessage({id: 1, name, input});
        };
        worker.onmessage = ({data}) => {
            times.push(performance.now() - start);
            if (!data.output?.startsWith('{"ok"')) reject(new Error(data.failure ?? data.output));
            else if (times.length > count) resolve(times.slice(1));
            else ask();
        };
        ask();
    });
"""
FIRST = """
    const decision = document.getElementById('decision');
    return new Promise(resolve => {
        const check = () => decision.dataset.state !== 'pending' && resolve(performance.now());
        new MutationObserver(check).observe(decision, {childList: true});
        check();
    });
"""


def statement(number):
    effect, action = ("Deny", "Delete") if number % 7 == 6 else ("Allow", "Get")
    resource = f"arn:aws:mobiletargeting:us-east-1:123456789012:apps/app-{number}/*"
    condition = {"StringEquals": {"aws:RequestedRegion": f"region-{number % 5}"}}
    return {"Sid": f"S{number}", "Effect": effect, "Action": f"mobiletargeting:{action}*", "Resource": resource, "Condition": condition}


def of_length(length):
    """A policy of about this length."""
    count = 1
    while len(document(*map(statement, range(count)))) < length:
        count += 1
    return document(*map(statement, range(count)))


def show(name, times, goal):
    times = sorted(times)
    median, most = statistics.median(times), times[int(len(times) * 0.9)]
    print(f"{name:<58} goal {goal:>4} ms: minimum {times[0]:6.1f}, median {median:6.1f}, 90 % {most:6.1f}")


def main():
    text = of_length(6_000)
    content = state(policy("p", text))
    with Server() as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        first = []
        for _ in range(3):
            # A new profile has no cached file and no compiled module.
            with Browser() as browser:
                browser.open(address + "#" + fragment(content))
                first.append(browser.run(FIRST))
        show("first decision after opening", first, 1000)
        with Browser() as browser:
            for view, shown, goal in (
                ("decide", {"decision": "decision", "findings": "findings-count"}, 16),
                ("edit", {"fixes, which are proven by comparisons": "fixes-count"}, 100),
            ):
                browser.open("about:blank")
                browser.open(address + "#" + fragment({**content, "view": view}))
                browser.run(FIRST)
                for name, identifier in shown.items():
                    browser.run(RECORD, name, identifier)
                browser.run("document.getElementById('editor').shadowRoot.querySelector('.cm-content').focus()")
                for _ in range(KEYSTROKES):
                    browser.press(" ")
                    time.sleep(0.1)
                for name in shown:
                    show(f"keystroke in {len(text)} bytes: {name}", browser.run("return window.times[arguments[0]]", name), goal)
            request = {"principal": ANA, "action": "mobiletargeting:GetApp", "resource": APP, "context": {}}
            one = [policy("p", text)]
            many = [document(*map(statement, range(500))), document(*map(statement, range(1, 501)))]
            before, after = ([policy("p", one)] for one in many)
            for name, function, value, goal in (
                ("call `decide` alone", "decide", {"policies": one, "request": {"written": request}}, 16),
                ("call `check` alone", "check", {"type": "identity", "text": text}, 16),
                ("call `compare` of 500 statements", "compare", {"before": before, "after": after, "principal": ANA}, 200),
            ):
                show(name, browser.run(CALL, function, json.dumps(value), 20), goal)


if __name__ == "__main__":
    main()
