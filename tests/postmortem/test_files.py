# SPDX-License-Identifier: GPL-2.0-or-later
"""What is read of files alone: vmcores' headers, ELF files, where debuginfo lies, kept results."""
import os
import tempfile
import unittest

import sample
from postmortem import debuginfo, elf, examine, results, vmcore


class InDirectory(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def write(self, name, contents):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents)
        return path


class Vmcores(InDirectory):
    def read(self, contents):
        return vmcore.read(self.write("vmcore", contents))

    def assert_whole(self, core):
        self.assertEqual((core.release, core.machine, core.crash_time, core.damage), ("6.1.0-1-amd64", "x86_64", "2023-11-14T22:13:20Z", None))
        self.assertEqual(core.vmcoreinfo["BUILD-ID"], sample.BUILD_ID)

    def test_each_format(self):
        for kind, contents, host in (("kdump", sample.kdump(), "host1"), ("ELF", sample.elf_vmcore(), None)):
            for made, how in ((contents, ""), (sample.flatten(contents), "flattened "), (sample.flatten(contents, 7), "flattened ")):
                with self.subTest(kind=kind, how=how):
                    core = self.read(made)
                    self.assert_whole(core)
                    self.assertEqual((core.format, core.host), (how + kind, host))

    def test_without_vmcoreinfo_the_kdump_header_says_the_release(self):
        core = self.read(sample.kdump(info=""))
        self.assertEqual((core.release, core.crash_time, core.vmcoreinfo), ("6.1.0-1-amd64", None, {}))

    def test_a_host_without_a_name_has_none(self):
        self.assertIsNone(self.read(sample.kdump(nodename=b"(none)")).host)

    def test_a_build_id_that_is_none_is_not_taken(self):
        self.assertNotIn("BUILD-ID", self.read(sample.kdump(info="OSRELEASE=6.1\nBUILD-ID=../../etc\n")).vmcoreinfo)

    def test_a_release_that_is_a_path_is_not_taken(self):
        for release in ("../../tmp/x", "6.1/x", "6.1 x", ""):
            self.assertIsNone(self.read(sample.elf_vmcore(info="OSRELEASE=%s\n" % release)).release)

    def test_what_is_cut_short_says_so(self):
        whole = sample.kdump()
        for lost, words in ((1, "has %d of %d bytes" % (len(whole) - 1, len(whole))), (550, "before its list of pages")):
            self.assertIn(words, self.read(whole[:-lost]).damage)
        self.assertIn("cut short", self.read(sample.elf_vmcore()[:-1]).damage)
        self.assertIn("no end record", self.read(sample.flatten(whole, end=False)).damage)
        with self.assertRaisesRegex(vmcore.NoVmcore, "no end record"):
            self.read(sample.flatten(whole)[:-200])
        self.assertIn("could not write all", self.read(sample.kdump(status=1 | 8)).damage)

    def test_a_part_of_a_split_one_says_so(self):
        with self.assertRaisesRegex(vmcore.OnlyPart, "one part of a vmcore"):
            self.read(sample.kdump(split=1))
        row = examine.examine(os.path.join(self.directory, "vmcore"), None, print)["vmcore"]
        self.assertEqual(row["status"], "vmcore unreadable")
        self.assertIn("makedumpfile --reassemble", row["remedy"])

    def test_no_length_of_a_file_is_fatal(self):
        for whole in (sample.kdump(), sample.elf_vmcore(), sample.flatten(sample.kdump())):
            for size in list(range(0, 500, 7)) + list(range(500, len(whole), 501)):
                try:
                    self.assertIsNotNone(self.read(whole[:size]).damage, size)
                except vmcore.NoVmcore:
                    pass

    def test_what_is_no_vmcore_is_told_apart(self):
        for contents, words in ((b"", "empty"), (b"\x1f\x8b" + b"x" * 100, "packed with gzip"), (b"#!/bin/sh\n", "neither ELF"), (sample.vmlinux(), "no memory in it")):
            with self.assertRaisesRegex(vmcore.NoVmcore, words):
                self.read(contents)

    def arm64(self, **changes):
        info = dict({"PHYS_OFFSET": "0xfff1000040000000", "VA_BITS": "52", "TCR_EL1_T1SZ": "0x10"}, **changes)
        text = sample.VMCOREINFO + "".join("NUMBER(%s)=%s\n" % pair for pair in info.items())
        return vmcore.physical_offset(self.read(sample.elf_vmcore(text, machine=183)))

    def test_a_dump_of_qemu_does_not_name_arm64(self):
        info = sample.VMCOREINFO + "NUMBER(PHYS_OFFSET)=0xfff0eeba00000000\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
        core = self.read(sample.flatten(sample.kdump(info, machine=b"Unknown")))
        self.assertIsNone(core.machine)
        self.assertEqual(vmcore.physical_offset(core), 0xffffeeba00000000)

    def test_phys_offset_of_arm64(self):
        self.assertEqual(self.arm64(), 0x40000000)
        self.assertIsNone(self.arm64(TCR_EL1_T1SZ="0xc"))
        self.assertIsNone(self.arm64(VA_BITS="48", PHYS_OFFSET="0x40000000"))
        self.assertIsNone(self.arm64(PHYS_OFFSET="0x40000000"))
        self.assertIsNone(self.arm64(PHYS_OFFSET="many"))


class Debuginfo(InDirectory):
    RELEASE = "6.1.0-1-amd64"

    def setUp(self):
        super().setUp()
        self.urls = os.environ.pop("DEBUGINFOD_URLS", None)
        self.addCleanup(lambda: self.urls and os.environ.update(DEBUGINFOD_URLS=self.urls))

    def search(self, *directories, **others):
        return debuginfo.Search(directories=directories, root=os.path.join(self.directory, "root"), image_root=os.path.join(self.directory, "image"), **others)

    def test_paths_of_the_distributions(self):
        for path in ("boot/vmlinux-%s", "lib/modules/%s/vmlinux", "usr/lib/modules/%s/vmlinux", "boot/vmlinux-%s.debug"):
            with self.subTest(path=path):
                at = self.write("root/" + path % self.RELEASE, sample.vmlinux())
                self.assertEqual(self.search().find_kernel(self.RELEASE, sample.BUILD_ID).debuginfo, at)
                self.assertEqual(self.search().find_kernel(self.RELEASE, None).debuginfo, at)
                os.unlink(at)
        at = self.write("root/.build-id/%s/%s.debug" % (sample.BUILD_ID[:2], sample.BUILD_ID[2:]), sample.vmlinux())
        self.assertEqual(self.search().find_kernel(None, sample.BUILD_ID).debuginfo, at)

    def test_modules(self):
        for name in ("nbd.ko", "nbd.ko.debug", "nbd.ko.xz.debug"):
            with self.subTest(name=name):
                at = self.write("root/lib/modules/%s/kernel/drivers/block/%s" % (self.RELEASE, name), sample.vmlinux())
                self.assertEqual(self.search().find_module(self.RELEASE, sample.BUILD_ID), at)
                self.assertIsNone(self.search().find_module(self.RELEASE, "ab" * 20))
                os.unlink(at)

    def test_another_build_of_the_same_release_is_refused(self):
        at = self.write("root/boot/vmlinux-" + self.RELEASE, sample.vmlinux("ab" * 20))
        with self.assertRaisesRegex(debuginfo.Missing, at + " is of another build"):
            self.search().find_kernel(self.RELEASE, sample.BUILD_ID)
        with self.assertRaisesRegex(debuginfo.Missing, "is of another kernel"):
            self.search(vmlinux=at).find_kernel(self.RELEASE, sample.BUILD_ID)
        with self.assertRaisesRegex(debuginfo.Missing, "is no vmlinux"):
            self.search(vmlinux=self.write("text", b"text")).find_kernel(self.RELEASE, sample.BUILD_ID)
        right = self.write("mine/vmlinux", sample.vmlinux())
        self.assertEqual(self.search(os.path.dirname(right)).find_kernel(self.RELEASE, sample.BUILD_ID).debuginfo, right)

    def test_a_vmlinux_that_names_no_release_needs_a_build_id(self):
        at = self.write("mine/vmlinux", sample.vmlinux())
        with self.assertRaisesRegex(debuginfo.Missing, "does not say of which kernel"):
            self.search(os.path.dirname(at)).find_kernel(self.RELEASE, None)

    def test_debuginfo_without_code_comes_with_the_image(self):
        alone = self.write("root/boot/vmlinux-%s.debug" % self.RELEASE, sample.vmlinux(code=8))
        with self.assertRaisesRegex(debuginfo.Missing, "has no code in it") as caught:
            self.search().find_kernel(self.RELEASE, sample.BUILD_ID)
        self.assertIn("install the kernel itself", caught.exception.remedy)
        # Neither another build nor a second file without code is the image.
        self.write("image/boot/vmlinux-" + self.RELEASE, sample.vmlinux("ab" * 20, code=1))
        self.write("image/usr/lib/modules/%s/vmlinux" % self.RELEASE, sample.vmlinux(code=8))
        packed = self.write("image/usr/lib/modules/%s/vmlinux.xz" % self.RELEASE, b"\xfd7zXZ\0")
        self.assertEqual(self.search().find_kernel(self.RELEASE, sample.BUILD_ID), (alone, packed))
        right = self.write("image/boot/vmlinux-" + self.RELEASE, sample.vmlinux(code=1))
        self.assertEqual(self.search().find_kernel(self.RELEASE, sample.BUILD_ID), (alone, right))

    def test_release_is_no_pattern_and_no_path(self):
        self.write("root/boot/vmlinux-" + self.RELEASE, sample.vmlinux())
        for release in ("*", "6.1.0-?-amd64", "../boot/vmlinux"):
            with self.assertRaises(debuginfo.Missing):
                self.search().find_kernel(release, sample.BUILD_ID[::-1])

    def test_the_package_is_named(self):
        for release, package in (
                ("6.1.0-49-cloud-amd64", "linux-image-6.1.0-49-cloud-amd64-dbg"), ("6.12.9-arm64", "linux-image-6.12.9-arm64-dbg"),
                ("6.1.0-9-rt-amd64", "linux-image-6.1.0-9-rt-amd64-dbg"),
                ("5.15.0-91-generic", "linux-image-unsigned-5.15.0-91-generic-dbgsym"), ("6.8.0-1015-aws", "linux-image-unsigned-6.8.0-1015-aws-dbgsym"),
                ("6.5.6-300.fc39.x86_64", "kernel-debuginfo-6.5.6-300.fc39.x86_64"), ("4.18.0-513.el8.x86_64", "kernel-debuginfo-4.18.0-513.el8.x86_64"),
                ("5.14.0-503.el9.aarch64+64k", "kernel-64k-debuginfo-5.14.0-503.el9.aarch64"),
                ("5.10.0-60.18.0.50.oe2203.x86_64", "kernel-debuginfo-5.10.0-60.18.0.50.oe2203.x86_64"),
                ("5.14.21-150400.24.100-default", "kernel-default-debuginfo of 5.14.21-150400.24.100"),
                ("6.9.1-gentoo", "the debuginfo of kernel 6.9.1-gentoo")):
            with self.subTest(release=release), self.assertRaises(debuginfo.Missing) as caught:
                self.search().find_kernel(release, sample.BUILD_ID)
            self.assertIn(package, caught.exception.remedy)
            self.assertIn("DEBUGINFOD_URLS is not set", str(caught.exception))

    def test_build_ids(self):
        self.assertEqual(elf.build_id(self.write("a", sample.vmlinux())), sample.BUILD_ID)
        for contents in (b"", b"\x7fELF", sample.vmlinux()[:100], sample.elf([]), b"x" * 200):
            self.assertIsNone(elf.build_id(self.write("a", contents)))


class Results(InDirectory):
    def test_a_record_is_kept_until_its_vmcore_changes(self):
        path = self.write("crash/vmcore", b"one")
        kept = results.Results(os.path.join(self.directory, "results"))
        self.assertIsNone(kept.done(path))
        record = sample.record(path)
        kept.keep(path, record)
        self.assertEqual(kept.done(path), record)
        self.write("crash/vmcore", b"another")
        self.assertIsNone(kept.done(path))
        self.assertEqual(kept.all(), [record])

    def test_what_failed_is_a_record_and_is_read_again(self):
        path = self.write("crash/vmcore", b"one")
        kept = results.Results(os.path.join(self.directory, "results"))
        kept.keep(path, sample.record(path, [], status="debuginfo missing", exit_status=4))
        self.assertIsNone(kept.done(path))
        self.assertEqual(len(kept.all()), 1)

    def test_other_files_are_none_of_ours(self):
        for name, contents in (("a.json", b"{}"), ("b.json", b"[1"), ("c.json", b"\xff"), ("joblog", b"x"), (".partial-1", b"{")):
            self.write("results/" + name, contents)
        self.assertEqual(results.Results(os.path.join(self.directory, "results")).all(), [])

    def test_names_are_different_and_short(self):
        stems = [results.stem(path) for path in ("/a/b/vmcore", "/a-b/vmcore", "/x" * 400 + "/vmcore", "/a/ü\udcff\n/vmcore", "/" + "y" * 255)]
        self.assertEqual(len(set(stems)), len(stems))
        self.assertTrue(all(len(stem) < 120 and "/" not in stem and max(stem) < "\x7f" for stem in stems))
