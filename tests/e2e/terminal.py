# SPDX-License-Identifier: GPL-2.0-or-later
"""crash on a terminal of its own, and a person who types and presses Ctrl-C."""
import os
import pty
import select
import signal
import sys
import termios
import time

PROMPT = b"crash> "
LONGEST = 60.0


def fail(message, output=b""):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {message}\n{output[-2000:].decode(errors='replace')}")


class Terminal:
    def __init__(self, crash, module, image, *options, patience=LONGEST):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            # Else the terminal drops at a Ctrl-C what it has not shown yet.
            mode = termios.tcgetattr(0)
            mode[3] |= termios.NOFLSH
            termios.tcsetattr(0, termios.TCSANOW, mode)
            os.environ["TERM"] = "dumb"
            os.execvp(crash, [crash, *options, *image])
        self.until_prompt(patience)
        self.command("set scroll off")
        self.command(f"extend {module}")

    def until_prompt(self, limit, after=b""):
        """Everything up to the next prompt behind the text after."""
        output, end = b"", time.monotonic() + limit
        while not output.endswith(PROMPT) or after not in output:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                fail(f"no prompt within {limit} s", output)
            try:
                output += os.read(self.fd, 65536)
            except OSError:
                fail("crash has ended", output)
        return output[:-len(PROMPT)]

    def enter(self, command):
        """Types a command, and waits until the terminal has taken it."""
        os.write(self.fd, command.encode() + b"\n")
        echo = b""
        while not echo.endswith(b"\n"):
            echo += os.read(self.fd, 1)

    def command(self, command):
        self.enter(command)
        return self.until_prompt(LONGEST).replace(b"\r\n", b"\n")

    def interrupt(self, command, delay):
        """(what the command printed, seconds from Ctrl-C to the prompt)"""
        self.enter(command)
        time.sleep(delay)
        os.write(self.fd, b"\x03")
        begin = time.monotonic()
        output = self.until_prompt(LONGEST)
        return output.replace(b"\r\n", b"\n").replace(b"^C", b""), time.monotonic() - begin

    def close(self):
        os.write(self.fd, b"q\n")
        for _ in range(100):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return
            time.sleep(0.1)
        os.kill(self.pid, signal.SIGKILL)
        fail("crash does not quit")

    def answers(self, after):
        """The session goes on. Prompts that a Ctrl-C has left behind come before the answer; and where it came at the
        prompt, crash may drop one character of what is typed next: an empty line."""
        os.write(self.fd, b"\np 6*7\n")
        try:
            self.until_prompt(LONGEST, b"= 42")
        except SystemExit as end:
            fail(f"after {after} the session does not answer: {end}")
