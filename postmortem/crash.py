# SPDX-License-Identifier: GPL-2.0-or-later
"""A crash session, driven command by command, with limits of time and memory."""
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import tempfile
import time

GRACE = 5.0  # seconds for crash to end by itself
OUT_OF_MEMORY = ("cannot allocate memory", "malloc failed", "out of memory", "virtual memory exhausted", "cannot malloc", "std::bad_alloc")


def _complaint(words):
    """What crash complained of last: the usage that it prints as well says nothing about that."""
    lines = [" ".join(line.split()) for line in words.splitlines()]
    complaints = [line for line in lines if re.match(r"(crash[^ ]*|WARNING|[^ ]*vm[a-z]*): ", line)]
    return ": " + " / ".join(complaints[-3:]) if complaints else ""


class CrashEnded(Exception):
    """crash ended before it answered; the text is what it said last."""


class LimitReached(Exception):
    """crash took more time or memory than it was given; the text says which."""


class Session:
    """crash on one vmcore. It works in an empty directory, so that no .crashrc and no nbd.so of the user's stand in for
    others; commands may name files there by the names that link() has given them.
    """

    def __init__(self, crash, arguments, deadline, time_limit, memory_limit):
        """Starts crash. deadline is of time.monotonic(), time_limit what it was made of (seconds), memory_limit in bytes."""
        self.deadline, self.time_limit, self.memory_limit = deadline, time_limit, memory_limit
        self.directory = tempfile.mkdtemp(prefix="nbd-postmortem.")
        self.said = b""
        self.commands = 0
        environment = dict(os.environ, HOME=self.directory, TERM="dumb", TZ="UTC", LC_ALL="C")
        environment.pop("CRASH_EXTENSIONS", None)

        def limit_memory():
            resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            self.process = subprocess.Popen([crash, "-s"] + list(arguments), cwd=self.directory, env=environment, preexec_fn=limit_memory,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def link(self, name, path):
        """Makes path known to crash as ./name: its commands take no path with a blank in it."""
        os.symlink(path, os.path.join(self.directory, name))

    def run(self, command):
        """What the command printed, and what crash said meanwhile. Raises CrashEnded or LimitReached."""
        self.commands += 1
        out = os.path.join(self.directory, "out.%d" % self.commands)
        marker = "nbd-postmortem: %d done" % self.commands
        self.said = b""
        try:
            self.process.stdin.write(("%s > out.%d\n!echo; echo %s\n" % (command, self.commands, marker)).encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # what it said before it ended is still to be read
        self._wait_for("\n" + marker + "\n")
        try:
            with open(out, "rb") as file:
                printed = file.read().decode("utf-8", "backslashreplace")
        except FileNotFoundError:
            printed = ""
        said = self.said.decode("utf-8", "backslashreplace")
        return printed, said[:said.rindex("\n" + marker)].strip()

    def _wait_for(self, marker):
        stdout = self.process.stdout.fileno()
        while marker.encode() not in self.said:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                self._kill()
                raise LimitReached("crash was not done after %d s" % self.time_limit)
            piece = os.read(stdout, 1 << 16)
            if not piece:
                raise self._end()
            self.said += piece

    def _end(self):
        """The exception that says why crash has ended."""
        status = self.process.wait()
        words = self.said.decode("utf-8", "backslashreplace").strip()
        if any(sign in words.lower() for sign in OUT_OF_MEMORY):
            return LimitReached("crash needs more memory than %d MiB" % (self.memory_limit >> 20))
        how = "was killed by %s" % signal.Signals(-status).name if status < 0 else "ended with status %d" % status
        return CrashEnded("crash %s%s" % (how, _complaint(words)))

    def _kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def close(self):
        """Ends crash, and removes what it left."""
        if self.process.poll() is None:
            try:
                self.process.stdin.write(b"q\n")
                self.process.stdin.close()
                self.process.wait(GRACE)
            except (OSError, ValueError, subprocess.TimeoutExpired):
                pass
            if self.process.poll() is None:
                self._kill()
        self.process.stdout.close()
        try:
            self.process.stdin.close()
        except OSError:
            pass
        shutil.rmtree(self.directory, ignore_errors=True)
