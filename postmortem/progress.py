# SPDX-License-Identifier: GPL-2.0-or-later
"""One line on a terminal that says what is being done; nothing elsewhere."""
import shutil
import time


class Progress:
    def __init__(self, stream, total):
        self.stream, self.total = stream, total
        self.shown = stream.isatty()
        self.began = time.monotonic()

    def step(self, number, path, what):
        """The line anew: vmcore NUMBER of the total, and what is done with it."""
        if not self.shown:
            return
        text = "[%d/%d] %3d s  %s: %s" % (number, self.total, time.monotonic() - self.began, path, what)
        width = shutil.get_terminal_size().columns - 1
        self.stream.write("\r\033[K" + (text if len(text) <= width else "…" + text[-width + 1:]))
        self.stream.flush()

    def clear(self):
        if self.shown:
            self.stream.write("\r\033[K")
            self.stream.flush()
