#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""session.py CRASH MODULE VMLINUX VMCORE: what a person does to a session: Ctrl-C at any moment, output into a
closed pipe, many commands, unloading and loading again. After each the session must go on.
"""
import fcntl
import os
import random
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

from terminal import LONGEST, PROMPT, Terminal, fail

INTERRUPTS = int(os.environ.get("INTERRUPTS", "60"))
LOOK_UPS = 15
AT_ONCE = 3.0  # seconds from Ctrl-C to the prompt, on a busy machine too
# Each command of nbd.so that searches.
COMMANDS = ["nbd", "nbd -o -v", "nbd -s --peers -v -d nbd101", "nbd -a -j", "nbd -r", "nbd --dot", "nbd -c",
            "unix_peer {sk}", "file_owner {file}"]
ROUNDS, EARLY = 50, 10
RELOADS = 100
GROWTH_KIB = 256

crash, module, image = sys.argv[1], os.path.realpath(sys.argv[2]), sys.argv[3:5]
rng = random.Random(int(os.environ.get("SEED", "1")))


def addresses(report):
    sk, file = (re.search(rb'"%s":"(0x[0-9a-f]+)"' % key, report).group(1).decode() for key in (b"sk", b"file"))
    return {"sk": sk, "file": file}


def interrupts(terminal):
    """Ctrl-C at a random moment of each command: it ends at once, and tells that it was interrupted
    unless it was complete by then."""
    where = addresses(terminal.command("nbd -j -d nbd0"))
    complete, took = {}, {}
    for command in (c.format(**where) for c in COMMANDS):
        begin = time.monotonic()
        complete[command] = terminal.command(command)
        took[command] = time.monotonic() - begin
    cut, early, slowest = 0, 0, 0.0
    for i in range(INTERRUPTS):
        command = list(complete)[i % len(complete)]
        output, seconds = terminal.interrupt(command, rng.uniform(0, took[command]))
        slowest = max(slowest, seconds)
        if seconds > AT_ONCE:
            fail(f"{command}: {seconds:.1f} s from Ctrl-C to the prompt", output)
        # Where the command had ended, readline gives one more prompt.
        output = output.replace(PROMPT, b"").strip()
        # crash may be told before it has begun with the command, which then prints nothing.
        if not output:
            early += 1
        elif output != complete[command].strip():
            cut += 1
            if (b'"interrupted":true' if "-j" in command else b"interrupted: the search is incomplete") not in output:
                fail(f"{command} was cut short and does not say so", output)
        terminal.answers(f"Ctrl-C in {command}")
    if cut < INTERRUPTS // 4:
        fail(f"only {cut} of {INTERRUPTS} commands were cut short: this shows nothing")
    if early > INTERRUPTS // 6:
        fail(f"{early} of {INTERRUPTS} commands printed nothing, which cannot all be Ctrl-C before they began")
    print(f"interrupts: {cut} of {INTERRUPTS} cut short, each said so, {early} before the command began; "
          f"slowest prompt {slowest:.2f} s")


def interrupted_look_ups(terminal):
    """Ctrl-C in a session's first command, which looks up the layouts: whatever it got to know, the next one
    says what it always says."""
    complete, cut = terminal.command("nbd -j"), 0
    reload_nbd(terminal)
    begin = time.monotonic()
    terminal.command("nbd -j")
    took = time.monotonic() - begin
    for _ in range(LOOK_UPS):
        reload_nbd(terminal)
        output, seconds = terminal.interrupt("nbd -j", rng.uniform(0, took))
        if seconds > AT_ONCE:
            fail(f"the first nbd -j: {seconds:.1f} s from Ctrl-C to the prompt", output)
        output = output.replace(PROMPT, b"").strip()
        if output and output != complete.strip():
            cut += 1
            if b'"interrupted":true' not in output and b"run the command again" not in output:
                fail("the first nbd -j was cut short and does not say so", output)
        terminal.answers("Ctrl-C in the first nbd -j")
        if terminal.command("nbd -j") != complete:
            fail("after an interrupted look-up nbd -j says something else")
    if cut < LOOK_UPS // 4:
        fail(f"only {cut} of {LOOK_UPS} first commands were cut short: this shows nothing")
    print(f"interrupted look-ups: {cut} of {LOOK_UPS} cut short, and forgotten")


def interrupted_repeat(terminal):
    """One Ctrl-C ends crash's own loop around the command, too."""
    where = addresses(terminal.command("nbd -j -d nbd0"))
    for delay in (0.3, 0.7, 1.1):
        output, seconds = terminal.interrupt("repeat -1 unix_peer {sk}".format(**where), delay)
        if seconds > AT_ONCE:
            fail(f"repeat goes on {seconds:.1f} s after Ctrl-C", output)
        terminal.answers("Ctrl-C in repeat")
    print("repeat: one Ctrl-C ends it")


def reload_nbd(terminal):
    terminal.command(f"extend -u {module}")
    terminal.command(f"extend {module}")


def closed_pipe(terminal):
    """A reader that has enough is no error."""
    for command in ("nbd -s -v", "nbd -a -j", "nbd --dot", "unix_peer {sk} {sk}", "file_owner {file} {file}"):
        command = command.format(**addresses(terminal.command("nbd -j -d nbd0")))
        output = terminal.command(f"{command} | head -1")
        if output.count(b"\n") != 1 or not output.strip():
            fail(f"{command} | head -1", output)
        terminal.answers(f"{command} | head -1")
    print("closed pipe: quiet")


def page(terminal, command, key):
    """Types a command, and the key at the pager's first prompt if there is one; what came behind it."""
    terminal.enter(command)
    output = b""
    while b"--More--" not in output and not output.endswith(PROMPT):
        if not select.select([terminal.fd], [], [], LONGEST)[0]:
            fail(f"{command} shows nothing in the pager", output)
        output += os.read(terminal.fd, 65536)
    if output.endswith(PROMPT):
        return None
    os.write(terminal.fd, key)
    # more may miss a Ctrl-C that comes while it begins to read keys.
    if not select.select([terminal.fd], [], [], AT_ONCE)[0]:
        os.write(terminal.fd, b"q")
    return terminal.until_prompt(LONGEST)


def paged(terminal):
    """In the pager, which is how people read it: quitting it early, and Ctrl-C in it, are no errors."""
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    terminal.command("set scroll more")
    for key in (b"q", b"\x03"):
        terminal.command("set scroll on")
        output = page(terminal, "nbd -s --peers -v -d nbd101", key)
        if output is None:
            fail("there was no pager")
        if b"nbd:" in output or b"error" in output.lower() or output.count(b"\n") > 50:
            fail("nbd goes on behind a pager that was left early", output)
        page(terminal, "set scroll off", b"q")
        terminal.answers("a pager that was left early")
    print("pager: left early, quietly")


def batch(commands):
    """What crash prints for a file of commands."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join([f"extend {module}", *commands, "q", ""]))
        file.flush()
        run = subprocess.run([crash, "-s", "-i", file.name, *image], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=1200, check=False)
    if run.returncode:
        fail(f"crash ended with status {run.returncode}", run.stdout)
    return run.stdout.decode(errors="replace")


def taken(said):
    """Memory that the process has taken; how much of vmlinux's file is in memory besides is the machine's affair."""
    return [int(kib) for kib in re.findall(r"^RssAnon:\s+(\d+) kB", said, re.M)]


TAKEN = "!grep RssAnon /proc/$PPID/status"


def memory(where):
    """A session does not grow with its commands. malloc() may keep the end of its heap, some 15 MiB, from one moment on: what is lost
    grows in each few rounds."""
    commands = [f"{c.format(**where)} > /dev/null" for c in COMMANDS + ["nbd -d nbd999", "nbd -x", "unix_peer deadbeef"]]
    script = []
    for number in range(1, ROUNDS + 1):
        script += commands
        if number % EARLY == 0:
            script.append(TAKEN)
    kib = taken(batch(script))
    if min(late - early for early, late in zip(kib, kib[1:])) >= GROWTH_KIB:
        fail(f"KiB taken after each {EARLY} rounds: {kib}")
    print(f"memory: {kib[0]} KiB taken after {EARLY} rounds of {len(commands)} commands, {kib[-1]} after {ROUNDS}")


def reload():
    """extend -u takes everything away, extend brings it back."""
    script = []
    for number in range(1, RELOADS + 1):
        script += ["nbd -c -d nbd101", f"extend -u {module}", "nbd", f"extend {module}"]
        if number in (EARLY, RELOADS):
            script.append(TAKEN)
    said = batch(script + ["nbd -c -d nbd101"])
    unloaded = len(re.findall(r"shared object unloaded", said))
    gone = len(re.findall(r"command not found: nbd", said))
    found = len(re.findall(r"leaked-connections", said))
    if (unloaded, gone, found) != (RELOADS, RELOADS, RELOADS + 1):
        fail(f"{unloaded} unloaded, {gone} gone, {found} found again of {RELOADS}", said.encode())
    early, late = taken(said)
    print(f"reload: {RELOADS} times; {early} KiB taken after {EARLY}, {late} after {RELOADS}")


def main():
    try:
        terminal = Terminal(crash, module, image, "-s")
    except OSError as error:
        fail(f"there are no pseudo-terminals, and so no Ctrl-C to test: {error}. Mount devpts on /dev/pts")
    interrupts(terminal)
    interrupted_look_ups(terminal)
    interrupted_repeat(terminal)
    closed_pipe(terminal)
    paged(terminal)
    terminal.close()
    memory(addresses(batch(["nbd -j -d nbd0"]).encode()))
    reload()


main()
