# SPDX-License-Identifier: GPL-2.0-or-later
"""nbd-postmortem on real vmcores, in a row, killed and started again, by GNU parallel and by Slurm, with debuginfod.

run.sh says which: POSTMORTEM_KERNELS (of vmcore-fixtures/), POSTMORTEM_CRASH, POSTMORTEM_MODULE. Of each kernel there are its
fixtures; of the first one also a vmcore that is cut short, a flattened one, and one of a build that nobody has debuginfo of.
"""
import calendar
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import sample
import slurm
from postmortem import results as kept_results
from postmortem import vmcore

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.join(HERE, "../..")
PROGRAM = os.path.join(TREE, "bin/nbd-postmortem")
FLEET = os.path.join(TREE, "fleet")
KERNELS = os.environ["POSTMORTEM_KERNELS"].split()
PLAYS = os.environ["POSTMORTEM_PLAYS"].split()
CRASH, MODULE = os.environ["POSTMORTEM_CRASH"], os.environ["POSTMORTEM_MODULE"]
LONG = len(KERNELS) > 1
STATUS = {"scenes": 3, "netlink-hang": 3, "bare": 0}


def fixture(kernel, play):
    built = subprocess.run([os.path.join(TREE, "vmcore-fixtures/build.sh"), kernel, play], stdout=subprocess.PIPE, universal_newlines=True, check=True)
    return built.stdout.strip()


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Vmcores(unittest.TestCase):
    """One serial run for all tests; what each vmcore is, is expected[path]: (exit status, truth or None)."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="postmortem.")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        # One and the same for all runs, whatever is built meanwhile.
        cls.module = shutil.copy(MODULE, cls.directory)
        cls.expected, directories = {}, set()
        for kernel in KERNELS:
            for play in PLAYS:
                where = fixture(kernel, play)
                directories.add(where)
                with open(os.path.join(where, "truth.json"), encoding="utf-8") as file:
                    cls.expected[os.path.join(where, "vmcore")] = STATUS[play], json.load(file)
        cls.first = fixture(KERNELS[0], "netlink-hang")
        whole = read(os.path.join(cls.first, "vmcore"))
        core = vmcore.read(os.path.join(cls.first, "vmcore"))
        cls.build_id = core.vmcoreinfo["BUILD-ID"]
        stranger = whole.replace(b"BUILD-ID=" + cls.build_id.encode(), b"BUILD-ID=" + cls.build_id[::-1].encode())
        for name, contents, status in (("cut short", whole[:len(whole) // 2], 5), ("of-a-stranger", stranger, 4), ("it's flat", sample.flatten(whole, 65536), 3)):
            os.makedirs(os.path.join(cls.directory, "crash", name))
            path = os.path.join(cls.directory, "crash", name, "vmcore")
            with open(path, "wb") as file:
                file.write(contents)
            cls.expected[path] = status, None
        # A busy machine takes its time.
        cls.options = ["--time", "3000", "--crash", CRASH, "--extension", cls.module] + [word for where in sorted(directories) for word in ("--debug-dir", where)]
        cls.paths = sorted(cls.expected)
        # What is cut short takes crash several tries: in the short form it is read once only.
        cls.again = [path for path in cls.paths if LONG or cls.expected[path][0] != 5]
        cls.serial = os.path.join(cls.directory, "serial")
        cls.status, cls.out, cls.errors = cls.run_program("--results", cls.serial, "--json", *cls.options + cls.paths)
        cls.rows = [json.loads(line) for line in cls.out.splitlines()]
        cls.of = {row["vmcore"]: row for row in cls.rows if row["type"] == "vmcore"}

    @staticmethod
    def run_program(*arguments, **environment):
        inherited = dict(os.environ)
        inherited.pop("DEBUGINFOD_URLS", None)
        done = subprocess.run([sys.executable, PROGRAM] + list(arguments), env=dict(inherited, **environment), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        return done.returncode, done.stdout, done.stderr

    def devices(self, path):
        return {row["name"]: row for row in self.rows if row["type"] == "device" and row["vmcore"] == path}

    def test_each_has_its_status_and_its_row(self):
        self.assertEqual({path: self.of[path]["exit_status"] for path in self.paths}, {path: status for path, (status, _) in self.expected.items()}, self.errors)
        self.assertEqual(self.status, 5)
        self.assertEqual([row["vmcore"] for row in self.rows if row["type"] == "vmcore"], self.paths)

    def test_rows_are_what_the_guest_recorded(self):
        for path, (_, truth) in self.expected.items():
            if truth is None:
                continue
            row, devices = self.of[path], self.devices(path)
            with self.subTest(path=path):
                self.assertEqual(sorted(devices), sorted(scene["device"] for scene in truth["scenes"].values()))
                self.assertEqual(row["devices"], len(devices))
                for scene in truth["scenes"].values():
                    found = {finding["id"] for finding in devices[scene["device"]]["findings"]}
                    # The scene does not know in which play it is: in that one all of the host's netlink calls hang.
                    expected = set(scene["findings"]) | ({"netlink-stopped"} if "netlink-hang" in path else set())
                    self.assertLessEqual(expected, found)
                    self.assertLessEqual(found, expected | set(scene.get("findings_maybe", [])) | set(scene.get("findings_to_come", [])))
                seconds = calendar.timegm(time.strptime(row["crash_time"], "%Y-%m-%dT%H:%M:%SZ"))
                self.assertLess(abs(seconds - truth["clock"]["realtime_ns"] / 1e9), 60)
                for one in devices.values():
                    self.assertEqual([one[key] for key in ("host", "vmcore", "crash_time", "release")], [row[key] for key in ("host", "vmcore", "crash_time", "release")])

    def test_debuginfo_is_that_of_the_kernel_and_its_nbd(self):
        for path, (_, truth) in self.expected.items():
            if truth is not None:
                where = os.path.dirname(path)
                # One kernel's fixtures share their debuginfo.
                self.assertTrue(os.path.samefile(self.of[path]["vmlinux"], os.path.join(where, "vmlinux")))
                loaded = self.of[path]["nbd_debuginfo"]
                self.assertEqual(bool(loaded), self.expected[path][0] != 0, path)
                self.assertTrue(not loaded or os.path.samefile(loaded, os.path.join(where, "nbd.ko.debug")))

    def test_messages_say_what_to_do(self):
        package = "install linux-image-%s-dbg" % vmcore.read(os.path.join(self.first, "vmcore")).release
        for name, words in (("of-a-stranger", "no vmlinux of kernel"), ("of-a-stranger", package), ("cut short", "the file is cut short: it has")):
            self.assertTrue(any(name in line and words in line for line in self.errors.splitlines()), self.errors)

    def test_flattened_is_the_same(self):
        flattened = os.path.join(self.directory, "crash/it's flat/vmcore")
        plain = os.path.join(self.first, "vmcore")
        changed = dict.fromkeys(self.devices(flattened))
        self.assertTrue(changed)
        for name in changed:
            self.assertEqual(dict(self.devices(flattened)[name], vmcore=None), dict(self.devices(plain)[name], vmcore=None))

    def test_killed_and_started_again(self):
        kept = os.path.join(self.directory, "killed")
        command = [sys.executable, PROGRAM, "--results", kept, "--json"] + self.options + self.again
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        half = len(self.again) // 2
        while len(kept_results.Results(kept).all()) < half:
            self.assertIsNone(running.poll())
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
        running.wait()
        before = {name: os.stat(os.path.join(kept, name)).st_mtime_ns for name in os.listdir(kept) if not name.startswith(".")}
        self.assertLess(len(before), len(self.again))
        self.assertEqual(self.run_program(*command[2:])[1], self.lines_of(self.again))
        for path in self.again:
            name = kept_results.stem(path) + ".json"
            if name in before and self.of[path]["exit_status"] < 4:
                self.assertEqual(os.stat(os.path.join(kept, name)).st_mtime_ns, before[name], "read again: " + path)
        self.assert_same_database(kept)

    def lines_of(self, paths):
        """What the serial run printed of these vmcores."""
        return "".join(line + "\n" for line in self.out.splitlines() if json.loads(line)["vmcore"] in paths)

    def database(self, name, rows):
        """What sqlite3 says of the database that is made of rows of JSON."""
        path = os.path.join(self.directory, name + ".db")
        # Loaded twice: the second changes nothing.
        for _ in range(2):
            subprocess.run([os.path.join(FLEET, "load.sh"), path], input=rows, universal_newlines=True, check=True)
        return subprocess.run(["sqlite3", path, ".dump"], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout

    def assert_same_database(self, kept):
        rows = self.run_program("--results", kept, "--json")[1]
        self.assertEqual(self.database(os.path.basename(kept), rows), self.database("serial", self.lines_of(self.again)))

    def failures(self):
        return sum(self.expected[path][0] >= 4 for path in self.again)

    def fleet_list(self):
        path = os.path.join(self.directory, "list")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in self.again))
        return path

    def test_parallel_gives_the_same_database(self):
        kept = os.path.join(self.directory, "parallel")
        done = subprocess.run([os.path.join(FLEET, "parallel.sh"), self.fleet_list(), kept] + self.options, env=dict(os.environ, NBD_POSTMORTEM=PROGRAM),
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
        self.assertEqual((done.returncode, done.stdout), (1, "%d vmcores, %d of them could not be read\n" % (len(self.again), self.failures())))
        self.assert_same_database(kept)

    def test_slurm_gives_the_same_database(self):
        kept = os.path.join(self.directory, "slurm")
        cluster = slurm.Cluster()
        self.addCleanup(cluster.close)
        command = ["sbatch", "--wait", "--array=1-%d" % len(self.again), "--output=%s/slurm-%%a.out" % self.directory, os.path.join(FLEET, "slurm.sbatch")]
        done = subprocess.run(command + [self.fleet_list(), kept] + self.options, env=dict(cluster.environment, NBD_POSTMORTEM=PROGRAM),
                              stdout=subprocess.DEVNULL)
        # sbatch has the greatest status of the array's tasks.
        self.assertEqual(done.returncode, max(self.expected[path][0] for path in self.again))
        self.assert_same_database(kept)

    def test_queries(self):
        self.database("queries", self.out)

        def query(words):
            done = subprocess.run(["sqlite3", "-json", os.path.join(self.directory, "queries.db"), words], stdout=subprocess.PIPE, universal_newlines=True, check=True)
            return json.loads(done.stdout or "[]")
        devices = [row for row in self.rows if row["type"] == "device"]
        causes = collections.Counter()
        for device in devices:
            if device["diagnosis"]["cause_id"] != "none":
                causes[device["diagnosis"]["cause_id"]] += 1
            elif any(way["result"] == "hangs" for way in device["attach"].values()):
                causes["attach-hangs"] += 1
        self.assertTrue(causes)
        self.assertEqual({row["cause"]: row["devices"] for row in query("SELECT * FROM stuck_by_cause")}, causes)
        dead = [conn for device in devices for conn in device["connections"] if (conn["peer"] or {}).get("status") in ("closed", "not-accepted", "shut-down")]
        self.assertEqual(sum(row["connections"] for row in query("SELECT * FROM dead_servers")), len(dead))
        commits = {finding["kernel_commit"] for device in devices for finding in device["findings"]} - {None}
        self.assertEqual({row["kernel_commit"] for row in query("SELECT * FROM kernels_without_fix")}, commits)
        self.assertEqual(len(query("SELECT * FROM vmcores WHERE exit_status >= 4")), 2)

    def test_documented_queries(self):
        """Each query of doc/fleet.md works, and prints the columns that are shown there."""
        self.database("documented", self.out)
        with open(os.path.join(TREE, "doc/fleet.md"), encoding="utf-8") as file:
            shown = re.findall(r"^\$ sqlite3 -column -header fleet.db \"(.*)\"\n(.*)$", file.read(), re.MULTILINE)
        self.assertGreaterEqual(len(shown), 6)
        for words, columns in shown:
            with self.subTest(query=words):
                done = subprocess.run(["sqlite3", "-csv", "-header", os.path.join(self.directory, "documented.db"), words], stdout=subprocess.PIPE,
                                      universal_newlines=True, check=True)
                # Without a row there is no head.
                self.assertIn(done.stdout.partition("\n")[0], (",".join(columns.split()), ""))

    def test_limits_of_real_sessions(self):
        core = os.path.join(self.first, "vmcore")
        for limit, words in ((["--time", "1"], "crash was not done after 1 s"), (["--memory", "300"], "crash needs more memory than 300 MiB")):
            status, out, errors = self.run_program("--json", *self.options + limit + [core])
            self.assertEqual((status, json.loads(out)["status"]), (7, "limit reached"), errors)
            self.assertIn(words, errors)

    def test_debuginfod(self):
        core = os.path.join(self.first, "vmcore")
        served, cache = os.path.join(self.directory, "served"), os.path.join(self.directory, "cache")
        os.mkdir(served)
        for name in ("vmlinux", "nbd.ko.debug"):
            os.symlink(os.path.join(self.first, name), os.path.join(served, name))
        port = slurm.free_port()
        with open(os.path.join(self.directory, "debuginfod.log"), "wb") as log:
            server = subprocess.Popen(["debuginfod", "-F", "-L", "-p", str(port), "-d", ":memory:", served], stdout=log, stderr=log)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        url, plain = "http://127.0.0.1:%d" % port, ["--json", "--time", "3000", "--crash", CRASH, "--extension", self.module, core]
        deadline = time.monotonic() + 120
        while True:
            environment = {"DEBUGINFOD_URLS": url, "DEBUGINFOD_CACHE_PATH": cache}
            asked = subprocess.run(["debuginfod-find", "debuginfo", self.build_id], env=dict(os.environ, **environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if asked.returncode == 0:
                break
            # What is not there is remembered, too.
            shutil.rmtree(cache, ignore_errors=True)
            self.assertLess(time.monotonic(), deadline, "debuginfod does not have the vmlinux")
            time.sleep(1)
        status, out, errors = self.run_program(*plain, **environment)
        row, device = [json.loads(line) for line in out.splitlines()][:2]
        self.assertEqual((status, errors), (3, ""))
        for path, name in ((row["vmlinux"], "vmlinux"), (row["nbd_debuginfo"], "nbd.ko.debug")):
            self.assertTrue(path.startswith(cache), path)
            self.assertEqual(os.path.getsize(path), os.path.getsize(os.path.join(self.first, name)))
        self.assertEqual(device, self.devices(core)[device["name"]])
        server.kill()
        server.wait()
        status, out, errors = self.run_program(*plain, DEBUGINFOD_URLS=url, DEBUGINFOD_CACHE_PATH=cache + "-2")
        self.assertEqual((status, json.loads(out)["status"]), (4, "debuginfo missing"))
        for words in ("debuginfod has none", "install linux-image-"):
            self.assertIn(words, errors)
