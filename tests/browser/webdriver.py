"""A browser, driven over the WebDriver protocol with nothing but Python's standard library."""

import base64
import json
import pathlib
import subprocess
import tempfile
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB, ENTER, ESCAPE = "\ue004", "\ue007", "\ue00c"

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


class Browser:
    """A headless Chromium with a profile of its own, gone when the block ends."""

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="pinpoint-iam-browser-")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        port = None
        for line in self.driver.stdout:
            # "ChromeDriver was started successfully on port 34567."
            if "started successfully" in line:
                port = line.rstrip().rstrip(".").rsplit(" ", 1)[1]
                break
        if port is None:
            raise SystemExit("chromedriver did not start")
        self.address = f"http://127.0.0.1:{port}/session"
        options = {"args": [*FLAGS, f"--user-data-dir={self.profile.name}"]}
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        answer = self.call("POST", "", {"capabilities": {"alwaysMatch": capabilities}})
        self.address += "/" + answer["sessionId"]
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            self.profile.cleanup()

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        # The driver is on this machine; a proxy of the environment is none of its business.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from None

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        """Runs the body of a function in the page, and gives what it returns."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, keys):
        """Presses keys one after the other, as somebody at a keyboard does."""
        presses = [
            {"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")
        ]
        source = {"type": "key", "id": "keyboard", "actions": presses}
        self.call("POST", "/actions", {"actions": [source]})

    def protocol(self, command, **parameters):
        """A command of the browser's own protocol."""
        body = {"cmd": command, "params": parameters}
        return self.call("POST", "/goog/cdp/execute", body)

    def console(self):
        """What the page has written to the console since the last call, its errors included."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def show(self, width, height, *, is_phone=False, is_dark=False):
        self.protocol(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=is_phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.protocol("Emulation.setEmulatedMedia", features=[scheme, still])

    def picture(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("GET", "/screenshot")))
