# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium, driven through its debugging pipe."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

TIME_LIMIT = 60.0


class Browser:
    """One page. events has all that the browser told, in order."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="chromium.")
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        # The pipe's ends are fds 3 and 4 of the browser, whatever they are here.
        script = 'exec chromium "$@" 3<&%d 4>&%d' % (commands, answers)
        arguments = ["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--remote-debugging-pipe", "--window-size=1300,1000", "--user-data-dir=" + self.profile]
        self.process = subprocess.Popen(["bash", "-c", script, "chromium"] + arguments, pass_fds=(commands, answers), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.read, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(domain + ".enable")

    def close(self):
        os.close(self.commands)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _next(self, deadline):
        while b"\0" not in self.read:
            if not select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError("the browser does not answer")
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise AssertionError("the browser has ended")
            self.read += piece
        message, self.read = self.read.split(b"\0", 1)
        return json.loads(message.decode())

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        raw = json.dumps(message).encode() + b"\0"
        while raw:
            raw = raw[os.write(self.commands, raw):]
        deadline = time.monotonic() + TIME_LIMIT
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.events.append(answer)

    def open(self, path):
        self.call("Page.navigate", url="file://" + path)
        deadline = time.monotonic() + TIME_LIMIT
        while self.evaluate("document.readyState + location.protocol") != "completefile:":
            if time.monotonic() > deadline:
                raise AssertionError("the page is not loaded")
            time.sleep(0.1)

    def evaluate(self, expression):
        """What JavaScript makes of it, as JSON has it."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"])
        return result["result"].get("value")

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def press(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key if key != " " else "Space", windowsVirtualKeyCode=code, **more)

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def requests(self):
        """Every address that was asked for."""
        self.evaluate("0")  # what was told meanwhile comes before its answer
        return [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """Exceptions, and what the browser says is wrong."""
        return [event["params"] for event in self.events if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening")]
