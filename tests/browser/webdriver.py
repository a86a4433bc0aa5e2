"""A browser, controlled over the WebDriver protocol with only Python's standard library."""

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
    """A headless Chromium with its own profile, which is deleted when the block ends."""

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
        # The driver runs on this machine, so a proxy from the environment must not be used.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from None

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        """Runs the body of a function in the page, and returns its result."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def choose_file(self, element, path):
        """Chooses a file for an input element, which a script has returned."""
        self.call("POST", f"/element/{element[ELEMENT]}/value", {"text": str(path)})

    def point(self, x, y):
        """Moves the mouse to a point of the viewport."""
        self.protocol("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def press(self, keys):
        """Presses keys one after the other, like a person at a keyboard."""
        presses = [
            {"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")
        ]
        source = {"type": "key", "id": "keyboard", "actions": presses}
        self.call("POST", "/actions", {"actions": [source]})

    def protocol(self, command, **parameters):
        """Sends a command of the browser's own protocol."""
        body = {"cmd": command, "params": parameters}
        return self.call("POST", "/goog/cdp/execute", body)

    def console(self):
        """Returns what the page has written to the console since the last call, including errors."""
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
