# SPDX-License-Identifier: GPL-2.0-or-later
"""kdump/nbd-crash-report with a stand-in for nbd-postmortem: what it reads, what it leaves, and that it does so once."""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../kdump/nbd-crash-report")
# Keeps the path of the last vmcore as the record, as --results does.
STAND_IN = """#!/bin/sh
while [ $# -gt 0 ]; do
	case $1 in
	--results) results=$2; shift ;;
	--time) shift ;;
	--json) kind=json ;;
	--text) kind=text ;;
	*) vmcore=$1 ;;
	esac
	shift
done
if [ "$kind" = text ]; then
	echo "$vmcore" >>"$LOG"
	%s
	echo "report of $vmcore"
	echo '{"vmcore": "'"$vmcore"'"}' >"$results/kept"
else
	cat "$results/kept" 2>/dev/null
fi
exit 0
"""


class CrashReport(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="crash report.")
        self.addCleanup(shutil.rmtree, self.directory)
        self.crash = self.path("var crash")
        self.log = self.path("log")
        self.play(":")

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def play(self, words):
        """What nbd-postmortem does on the way."""
        os.makedirs(self.path("bin"), exist_ok=True)
        with open(self.path("bin/nbd-postmortem"), "w", encoding="utf-8") as file:
            file.write(STAND_IN % words)
        os.chmod(self.path("bin/nbd-postmortem"), 0o755)

    def save(self, name, age_days=0, mode=0o755):
        """A vmcore that kdump has saved as name."""
        path = os.path.join(self.crash, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.chmod(os.path.dirname(path), mode)
        with open(path, "w", encoding="utf-8"):
            pass
        os.utime(path, (time.time() - age_days * 86400,) * 2)
        return path

    def start(self, *directories, **environment):
        return subprocess.Popen([SCRIPT] + list(directories), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, start_new_session=True,
                                env=dict(os.environ, PATH=self.path("bin") + ":" + os.environ["PATH"], LOG=self.log, **environment))

    def run_script(self, *directories, **environment):
        return self.start(*directories or [self.crash], **environment).communicate()[0]

    def was_read(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            return sorted(file.read().splitlines())

    def beside(self, vmcore, name):
        with open(os.path.join(os.path.dirname(vmcore), name), encoding="utf-8") as file:
            return file.read()

    def test_each_vmcore_gets_its_report_once(self):
        vmcores = sorted(self.save(name) for name in ("127.0.0.1-2026-11-28-00:44:07/vmcore", "202611280044/dump.202611280044", "flat/vmcore.flat"))
        for name in ("a/vmcore-incomplete", "b/dump-incomplete", "c/vmcore-dmesg.txt", "d/dmesg.202611280044", "e/f/vmcore"):
            self.save(name)
        for _ in range(2):
            self.run_script()
            self.assertEqual(self.was_read(), vmcores)
        for vmcore in vmcores:
            self.assertEqual(self.beside(vmcore, "nbd-report.txt"), "report of %s\n" % vmcore)
            self.assertEqual(self.beside(vmcore, "nbd-report.json"), '{"vmcore": "%s"}\n' % vmcore)
            self.assertEqual(sorted(os.listdir(os.path.dirname(vmcore))), sorted([os.path.basename(vmcore), "nbd-report.json", "nbd-report.txt"]))

    def test_neither_old_ones_nor_what_others_may_have_made(self):
        self.save("old/vmcore", age_days=9)
        self.save("all/vmcore", mode=0o757)
        self.save("group/vmcore", mode=0o775)
        os.chown(os.path.dirname(self.save("user/vmcore")), 65534, 65534)
        os.symlink(os.path.dirname(self.save("../elsewhere/vmcore")), os.path.join(self.crash, "link"))
        self.run_script()
        self.assertEqual(self.was_read(), [])

    def test_what_was_killed_says_so_and_is_not_tried_again(self):
        vmcore = self.save("one/vmcore")
        self.play("kill -9 $$")
        self.run_script()
        self.assertIn("nbd-postmortem ended with status 137", self.beside(vmcore, "nbd-report.txt"))
        self.assertFalse(os.path.exists(os.path.join(self.crash, "one/nbd-report.json")))
        # The host itself.
        second = self.save("two/vmcore")
        self.play("touch \"$LOG.began\"; sleep 1000")
        running = self.start(self.crash)
        self.wait_for(self.log + ".began")
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        self.assertIn("To read it now: nbd-postmortem %s" % second, self.beside(second, "nbd-report.txt"))
        self.play(":")
        self.run_script()
        self.assertEqual(self.was_read(), [vmcore, second])
        self.assertEqual(sorted(os.listdir(os.path.dirname(second))), ["nbd-report.txt", "vmcore"])

    def test_an_orderly_end_puts_it_off(self):
        vmcore = self.save("one/vmcore")
        self.play("touch \"$LOG.began\"; sleep 1000")
        running = self.start(self.crash)
        self.wait_for(self.log + ".began")
        os.killpg(running.pid, signal.SIGTERM)
        running.communicate()
        self.assertEqual(os.listdir(os.path.dirname(vmcore)), ["vmcore"])
        self.play(":")
        self.run_script()
        self.assertEqual(self.beside(vmcore, "nbd-report.txt"), "report of %s\n" % vmcore)

    def test_directories_are_kdumps_own(self):
        vmcore = self.save("one/vmcore")
        for name, line in (("kdump.conf", "#path /no\n path %s \n" % self.crash), ("default/kdump-tools", "USE_KDUMP=1\nKDUMP_COREDIR=\"%s\"\n" % self.crash),
                           ("sysconfig/kdump", "KDUMP_SAVEDIR=\"file://%s\"\n" % self.crash)):
            with self.subTest(name=name):
                etc = self.path("etc", name.replace("/", "-"))
                os.makedirs(os.path.dirname(os.path.join(etc, name)))
                with open(os.path.join(etc, name), "w", encoding="utf-8") as file:
                    file.write(line)
                self.start(ETC=etc).communicate()
                self.assertEqual(self.was_read(), [vmcore])
                os.unlink(self.log)
                os.unlink(os.path.join(self.crash, "one/nbd-report.txt"))

    def wait_for(self, path):
        deadline = time.monotonic() + 60
        while not os.path.exists(path):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
