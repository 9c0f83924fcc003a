# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of a vmcore when crash does this or that: crash is made up here, its vmcore and vmlinux, too."""
import json
import os
import re
import subprocess
import sys
import unittest

import sample
from postmortem import VERSION, results
from test_files import InDirectory

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "../../bin/nbd-postmortem")
KERNEL_LINE = {"schema": "crash-nbd/1", "type": "kernel", "release": "6.1.0-1-amd64", "machine": "x86_64", "tables_unreadable": 0, "interrupted": False}
LOADED = "./nbd.so: shared object loaded\n"
MODULES = "     MODULE       NAME       BASE          SIZE  OBJECT FILE\nffffffffc030b340  nbd  ffffffffc0304000   49152  (not loaded)\n"
OTHER_MODULES = MODULES.replace(" nbd ", " ext4 ")


def lines(*devices, **kernel):
    return "".join(json.dumps(line) + "\n" for line in [dict(KERNEL_LINE, **kernel)] + list(devices))


class Tries(InDirectory):
    def setUp(self):
        super().setUp()
        self.vmcore = self.write("crash/vmcore", sample.kdump())
        self.vmlinux = self.write("vmlinux", sample.vmlinux())
        self.extension = self.write("nbd.so", b"")
        self.log = os.path.join(self.directory, "log")

    def run_program(self, *arguments, play=None, **answers):
        """(exit status, rows, stderr, arguments that crash got). Keywords are answers; _ stands for a blank."""
        answers = {key.replace("__", " -").replace("_", " "): value for key, value in answers.items()}
        answers = dict({"sys": "    NODENAME: host2\n", "extend ./nbd.so": LOADED, "mod": MODULES}, **answers)
        environment = dict(os.environ, FAKE_CRASH=json.dumps(dict(play or {}, answers=answers, log=self.log)))
        environment.pop("DEBUGINFOD_URLS", None)
        done = subprocess.run([sys.executable, PROGRAM, "--json", "--crash", os.path.join(HERE, "fake_crash.py"), "--extension", self.extension,
                               "--vmlinux", self.vmlinux] + list(arguments or [self.vmcore]), env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=120)
        calls = []
        if os.path.exists(self.log):
            with open(self.log, encoding="utf-8") as log:
                calls = [json.loads(line) for line in log]
            os.unlink(self.log)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr, calls

    def test_no_nbd(self):
        for answers in ({"mod": OTHER_MODULES, "nbd__j": "nbd: words may change\n"}, {"nbd__j": "nbd: this kernel image has no nbd module (...)\n"}):
            status, rows, errors, _ = self.run_program(**answers)
            self.assertEqual((status, len(rows), rows[0]["status"], errors), (0, 1, "no nbd", ""))

    def test_nothing_configured(self):
        status, rows, _, _ = self.run_program(nbd__j=lines())
        self.assertEqual((status, len(rows), rows[0]["status"]), (1, 1, "nothing configured"))

    def test_healthy_with_an_info(self):
        status, rows, _, _ = self.run_program(nbd__j=lines(sample.device(findings=[sample.finding("info")])))
        self.assertEqual((status, len(rows), rows[0]["status"], rows[0]["devices_with_errors"]), (2, 2, "healthy", 0))

    def test_findings_and_what_is_added_to_a_device(self):
        device = sample.device(findings=[sample.finding("warning")])
        status, rows, errors, calls = self.run_program(nbd__j=lines(device))
        added = {"host": "host2", "vmcore": self.vmcore, "crash_time": "2023-11-14T22:13:20Z", "release": "6.1.0-1-amd64"}
        self.assertEqual((status, rows[1], errors), (3, dict(device, **added), ""))
        self.assertEqual((rows[0]["status"], rows[0]["devices_with_errors"], rows[0]["devices_with_warnings"]), ("findings", 0, 1))
        self.assertEqual(calls, [["-s", self.vmlinux, self.vmcore]])

    def test_a_diagnosis_with_a_cause_is_not_healthy(self):
        device = dict(sample.device(findings=[sample.finding("info")]), diagnosis=sample.DIAGNOSIS)
        answers = {"nbd": "NAME\n", "nbd_-d_nbd7": "DIAGNOSIS  stuck\n"}
        kept = os.path.join(self.directory, "kept")
        status, rows, _, _ = self.run_program("--results", kept, self.vmcore, nbd__j=lines(device), **answers)
        self.assertEqual((status, rows[0]["status"], rows[0]["devices_not_well"], rows[0]["devices_with_errors"]), (3, "findings", 1, 0))
        # nbd's own words about the device are part of the text.
        self.assertEqual(results.Results(kept).all()[0]["text"], "NAME\n\nDIAGNOSIS  stuck\n")
        device["diagnosis"] = dict(sample.DIAGNOSIS, cause_id="none")
        self.assertEqual(self.run_program(nbd__j=lines(device), **answers)[0], 2)

    def test_an_attach_that_hangs_is_not_healthy(self):
        device = sample.device(findings=[sample.finding("info")])
        device["attach"]["do_it"] = {"result": "hangs", "why": "actor (141) holds config_lock"}
        status, rows, _, _ = self.run_program(nbd__j=lines(device))
        self.assertEqual((status, rows[0]["status"], rows[0]["devices_that_hang"], rows[0]["devices_with_errors"]), (3, "findings", 1, 0))

    def test_a_crash_that_opens_it_without_modules(self):
        status, rows, _, calls = self.run_program(play={"fails": [""]}, nbd__j=lines())
        self.assertEqual((status, rows[0]["crash_options"], len(calls)), (1, ["--no_modules"], 2))

    def test_zeros_are_no_answer(self):
        fails = {"fails": ["", "--no_modules"]}
        for devices in ([], [sample.device(findings=[])]):
            status, rows, errors, _ = self.run_program(play=fails, nbd__j=lines(*devices))
            self.assertEqual((status, rows[0]["status"]), (8, "devices unreadable"))
            self.assertIn("read as zeros", errors)
        status, rows, _, _ = self.run_program(play=fails, nbd__j=lines(sample.device()))
        self.assertEqual(status, 3)
        self.assertIn("read as zeros", rows[0]["warnings"][0])
        self.assertEqual(self.run_program(play=fails, mod=OTHER_MODULES)[0], 8)

    def test_at_least_the_log(self):
        fails = {"fails": ["", "--no_modules", "--zero_excluded"]}
        status, rows, errors, _ = self.run_program(play=fails, log="[1] nbd0: Receive control failed\n[2] other\n")
        self.assertEqual((status, rows[0]["log"], rows[0]["crash_options"]), (6, ["[1] nbd0: Receive control failed"], ["--minimal"]))
        self.assertIn("invalid structure member offset", errors)

    def test_a_crash_that_never_opens_it(self):
        status, rows, errors, calls = self.run_program(play={"fails": ["", "--no_modules", "--zero_excluded", "--minimal"]})
        self.assertEqual((status, len(rows), len(calls)), (6, 1, 4))
        self.assertIn("name it with --crash", errors)

    def test_a_crash_of_another_name_is_heard(self):
        _, rows, _, _ = self.run_program(play={"name": "crash-arm64", "fails": ["", "--no_modules", "--zero_excluded", "--minimal"]})
        self.assertIn("crash-arm64: invalid structure member offset", rows[0]["message"])

    def test_a_crash_that_dies_in_the_middle(self):
        status, rows, _, calls = self.run_program(play={"dies": "nbd -j"})
        self.assertEqual((status, rows[0]["devices"], len(calls)), (6, 0, 4))
        self.assertIn("killed by SIGABRT", rows[0]["message"])

    def test_a_crash_that_hangs(self):
        status, rows, errors, calls = self.run_program("--time", "1", self.vmcore, play={"hangs": "nbd -j"})
        self.assertEqual((status, rows[0]["status"]), (7, "limit reached"))
        self.assertLessEqual(len(calls), 1)
        self.assertIn("not done after 1 s; give it more", errors)

    def test_what_nbd_says_is_told(self):
        status, rows, errors, _ = self.run_program(nbd__j="nbd: nbd's structures are unknown\n")
        self.assertEqual((status, rows[0]["message"]), (8, "nbd: nbd's structures are unknown"))
        self.assertEqual(self.run_program(extend_X="", **{"extend_./nbd.so": "extend: wrong ELF class\n"})[0], 8)

    def test_a_crash_time_of_1970_is_unknown(self):
        core = self.write("crash/elf", sample.elf_vmcore("OSRELEASE=6.1.0-1-amd64\nBUILD-ID=%s\n" % sample.BUILD_ID))
        for date, time in (("Sat Nov 28 05:44:04 UTC 2026", "2026-11-28T05:44:04Z"), ("Thu Jan  1 00:00:00 UTC 1970", None), ("(unknown)", None)):
            _, rows, _, _ = self.run_program(core, nbd__j=lines(), sys="        DATE: %s\n" % date)
            self.assertEqual(rows[0]["crash_time"], time)

    def test_a_report_that_is_broken_off_is_a_row(self):
        status, rows, errors, _ = self.run_program(nbd__j=lines(sample.device())[:-9])
        self.assertEqual((status, len(rows), rows[0]["status"]), (8, 1, "devices unreadable"))
        self.assertIn("nbd -j printed what is no JSON", errors)

    def test_arm64_gets_its_offset(self):
        info = sample.VMCOREINFO + "NUMBER(PHYS_OFFSET)=0xfff1000040000000\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
        core = self.write("crash/arm64", sample.elf_vmcore(info, machine=183))
        _, rows, _, calls = self.run_program(core, nbd__j=lines())
        self.assertEqual(calls, [["-s", "-m", "phys_offset=0x40000000", self.vmlinux, core]])
        self.assertEqual(rows[0]["crash_options"], ["-m", "phys_offset=0x40000000"])

    def test_the_worst_counts_and_each_has_its_row(self):
        other = self.write("crash/text", b"#!/bin/sh\n")
        status, rows, errors, _ = self.run_program(self.vmcore, other, os.path.join(self.directory, "none"), nbd__j=lines())
        self.assertEqual((status, [row["exit_status"] for row in rows]), (5, [1, 5, 5]))
        self.assertIn("none: vmcore unreadable: No such file or directory", errors)

    def test_done_is_done(self):
        kept = os.path.join(self.directory, "kept")
        first = self.run_program("--results", kept, self.vmcore, nbd__j=lines(sample.device()))
        again = self.run_program("--results", kept, self.vmcore)
        self.assertEqual(again, first[:3] + ([],))
        os.unlink(self.vmcore)
        self.assertEqual(self.run_program("--results", kept), again)

    def test_wrong_use_is_told_apart_from_every_status(self):
        for arguments in (["--time", "0", "x"], ["--nonsense"], ["--json", "--text", "x"], ["--results"]):
            status, rows, errors, _ = self.run_program(*arguments)
            self.assertEqual((status, rows), (64, []))
            self.assertIn("usage: nbd-postmortem", errors)
        self.assertEqual(self.run_program("--crash", "/no/crash", self.vmcore)[0], 69)
        self.assertEqual(self.run_program("--extension", "/no/nbd.so", self.vmcore)[0], 69)
        self.assertEqual(self.run_program("--debug-dir", "/no/dir", self.vmcore)[0], 69)

    def test_version(self):
        for arguments in ([], ["--json", self.vmcore]):
            done = subprocess.run([sys.executable, PROGRAM, "--version"] + arguments, stdout=subprocess.PIPE, universal_newlines=True)
            self.assertEqual((done.returncode, done.stdout), (0, "nbd-postmortem %s\n" % VERSION))

    def test_all_outputs_at_once(self):
        page, graphs = os.path.join(self.directory, "page.html"), os.path.join(self.directory, "graphs")
        dot = "digraph nbd { a; }\n"
        self.run_program("--html", page, "--dot", graphs, self.vmcore, nbd__j=lines(sample.device()), **{"nbd_--dot_-d_nbd7": dot})
        self.assertEqual([name[-9:] for name in os.listdir(graphs)], ["-nbd7.dot"])
        with open(page, encoding="utf-8") as file:
            self.assertIn("<svg", file.read())


class ManPage(unittest.TestCase):
    def test_says_what_the_program_does(self):
        """Every option and every exit status of the program is in the man page and the completion."""
        from postmortem import main, status
        with open(os.path.join(HERE, "../../man/nbd-postmortem.8"), encoding="utf-8") as file:
            manual = " ".join(file.read().split())
        with open(os.path.join(HERE, "../../completions/nbd-postmortem"), encoding="utf-8") as file:
            completion = file.read()
        help_text = subprocess.run([sys.executable, PROGRAM, "--help"], stdout=subprocess.PIPE, universal_newlines=True).stdout
        for option in sorted(set(re.findall(r"--[a-z-]+", help_text))):
            self.assertTrue(option == "--help" or ".It Fl Fl %s " % option[2:] in manual, option)
            self.assertTrue(option in completion, option)
        for one in status.ALL:
            self.assertTrue(".It %d %s: %s ." % (one.exit_status, one.name, one.meaning) in manual, one.name)
        self.assertTrue("; %d without this option" % main.DEFAULT_TIME in manual)
