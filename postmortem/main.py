# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of nbd-postmortem."""
import argparse
import json
import os
import shutil
import signal
import sys

from . import VERSION, debuginfo, graph, page, status, text
from .examine import Tools, examine
from .progress import Progress
from .results import Results, stem

EXTENSION_DIRECTORIES = ("/usr/lib64/crash/extensions", "/usr/lib/crash/extensions", "/usr/local/lib64/crash/extensions",
                         "/usr/local/lib/crash/extensions")
MIB = 1 << 20
DEFAULT_TIME = 600
LEAST_MEMORY = 2048

USAGE = "nbd-postmortem [--json | --text] [--dot DIR] [--html FILE] [option...] VMCORE..."
EPILOG = """exit status, the greatest of all vmcores':
""" + "".join("  %-3d %-18s  %s\n" % (s.exit_status, s.name, s.meaning) for s in status.ALL) + """  64  usage               wrong options
  69  unavailable         crash, nbd.so or another program is missing

examples:
  nbd-postmortem /var/crash/*/vmcore
  nbd-postmortem --html report.html /var/crash/202611280044/dump.202611280044
  nbd-postmortem --results /srv/nbd --json /srv/vmcores/*/vmcore > rows.jsonl
  nbd-postmortem --results /srv/nbd --html fleet.html     (all that was read before)
"""


class Unavailable(Exception):
    """Something that is needed is not there; the text says what to do."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        # argparse's own status, 2, means healthy here.
        self.exit(status.EXIT_USAGE, "nbd-postmortem: %s\nusage: %s\nnbd-postmortem --help says more\n" % (message, USAGE))


def positive(unit):
    def convert(words):
        value = int(words)
        if value <= 0:
            raise argparse.ArgumentTypeError("%s is no number of %s" % (words, unit))
        return value
    convert.__name__ = "number of " + unit
    return convert


def parse(arguments):
    parser = Parser(prog="nbd-postmortem", usage=USAGE, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
                    allow_abbrev=False, description="Reads vmcores with crash and nbd.so: why are their network block devices stuck?")
    out = parser.add_mutually_exclusive_group()
    out.add_argument("--json", action="store_true", help="a line of JSON for each vmcore, and one for each of its devices")
    out.add_argument("--text", action="store_true", help="the report as nbd prints it (when nothing else is asked for)")
    parser.add_argument("--dot", metavar="DIR", help="a graph of each device for Graphviz, as DIR/VMCORE-DEVICE.dot")
    parser.add_argument("--html", metavar="FILE", help="one page of all, with graphs where Graphviz is installed")
    parser.add_argument("--results", metavar="DIR", help="keeps what was read in DIR, and does not read it again; without VMCORE: all of DIR")
    parser.add_argument("--vmlinux", metavar="FILE", help="the kernel's debuginfo, of all the vmcores")
    parser.add_argument("--debug-dir", metavar="DIR", action="append", default=[], help="looks for debuginfo here before %s; may be repeated" % debuginfo.ROOT)
    parser.add_argument("--crash", metavar="FILE", default="crash", help="the crash to run")
    parser.add_argument("--extension", metavar="FILE", help="the nbd.so to load")
    parser.add_argument("--time", metavar="SECONDS", type=positive("seconds"), default=DEFAULT_TIME, help="for each vmcore (%d)" % DEFAULT_TIME)
    parser.add_argument("--memory", metavar="MIB", type=positive("MiB"), default=default_memory(), help="for crash (half of this machine's: %(default)s)")
    parser.add_argument("--version", action="version", version="nbd-postmortem " + VERSION)
    parser.add_argument("vmcores", metavar="VMCORE", nargs="*", help="as kdump or the hypervisor wrote it, flattened too")
    options = parser.parse_args(arguments)
    if not options.vmcores and not options.results:
        parser.error("no vmcore given")
    options.text = options.text or not (options.json or options.dot or options.html)
    return options


def default_memory():
    """In MiB: half of the machine's, for others work here, too."""
    return max(LEAST_MEMORY, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB // 2)


def find_extension(given):
    """nbd.so: the one given, that of the source tree this runs from, or the installed one."""
    if given:
        places = [given]
    else:
        tree = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        own = os.environ.get("CRASH_EXTENSIONS", "").split(":")
        near = [tree]
        if tree.endswith("/share/crash-nbd"):  # installed, the extension lies below the same prefix
            near = [os.path.join(tree[:-len("share/crash-nbd")], lib, "crash/extensions") for lib in ("lib64", "lib")]
        directories = near + [place for place in own if place] + [place for place in EXTENSION_DIRECTORIES if place not in near]
        places = [os.path.join(place, "nbd.so") for place in directories]
    for place in places:
        if os.path.isfile(place):
            return os.path.abspath(place)
    raise Unavailable("nbd.so is not there (looked for %s): install it, or name it with --extension" % ", ".join(places))


def find_crash(given):
    found = shutil.which(given)
    if not found:
        raise Unavailable("%s is not there: install the package crash, or name it with --crash" % given)
    return os.path.abspath(found)


def tools_of(options):
    for path in [options.vmlinux] if options.vmlinux else []:
        if not os.path.isfile(path):
            raise Unavailable("%s: no such file (--vmlinux)" % path)
    for path in options.debug_dir:
        if not os.path.isdir(path):
            raise Unavailable("%s: no such directory (--debug-dir)" % path)
    search = debuginfo.Search(options.vmlinux and os.path.abspath(options.vmlinux), [os.path.abspath(path) for path in options.debug_dir])
    return Tools(find_crash(options.crash), find_extension(options.extension), search, options.time, options.memory * MIB)


def records_of(options):
    """The record of each vmcore, as it is read."""
    results = Results(options.results) if options.results else None
    if not options.vmcores:
        yield from results.all()
        return
    tools = None
    paths = [os.path.abspath(path) for path in options.vmcores]
    progress = Progress(sys.stderr, len(paths))
    for number, path in enumerate(paths, 1):
        record = results and results.done(path)
        if not record:
            tools = tools or tools_of(options)
            record = examine(path, tools, lambda what, number=number, path=path: progress.step(number, path, what))
            if results:
                results.keep(path, record)
        progress.clear()
        row = record["vmcore"]
        # In a terminal, who waits sees each end; elsewhere only what failed is told.
        if (progress.shown and len(paths) > 1) or not status.is_done(status.BY_NAME[row["status"]]):
            sys.stderr.write("nbd-postmortem: %s: %s%s\n" % (path, text.summary(row), "; " + row["remedy"] if row["remedy"] else ""))
        yield record


def print_json(record):
    for row in [record["vmcore"]] + record["devices"]:
        sys.stdout.write(json.dumps(row) + "\n")


def write_graphs(record, directory):
    for name, dot in record["dots"].items():
        path = os.path.join(directory, "%s-%s.dot" % (stem(record["vmcore"]["vmcore"]), name))
        with open(path, "w", encoding="utf-8") as file:
            file.write(dot)


def run(options):
    """Does what is asked for, and returns the exit status."""
    worst = 0
    shown = []
    if options.dot:
        os.makedirs(options.dot, exist_ok=True)
    if options.html:
        # An hour of reading must not end in a page that cannot be written.
        open(options.html, "a").close()
    for number, record in enumerate(records_of(options)):
        worst = max(worst, record["vmcore"]["exit_status"])
        if options.json:
            print_json(record)
        elif options.text:
            sys.stdout.write(("\n" if number else "") + text.report(record))
        sys.stdout.flush()
        if options.dot:
            write_graphs(record, options.dot)
        if options.html:
            shown.append(record)
    if options.html:
        drawer = graph.Drawer()
        with open(options.html, "w", encoding="utf-8") as file:
            file.write(page.page(shown, drawer.draw))
        if drawer.problem:
            sys.stderr.write("nbd-postmortem: %s has no graphs: %s\n" % (options.html, drawer.problem))
    return worst


def main():
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        return run(options)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (Unavailable, OSError) as problem:
        sys.stderr.write("nbd-postmortem: %s\n" % problem)
        return status.EXIT_UNAVAILABLE
