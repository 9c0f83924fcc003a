# SPDX-License-Identifier: GPL-2.0-or-later
# nbd.so, an extension of crash(8). `make help` lists the targets.

# The directory that holds crash/defs.h.
CRASH_INCLUDE ?= /usr/include
CRASH         ?= crash
# crash's own name for the machine of the vmcores, X86_64 or the like: the machine that CC compiles for tells, else crash does.
TARGET_x86_64      := X86_64
TARGET_aarch64     := ARM64
TARGET_powerpc64le := PPC64
TARGET_s390x       := S390X
TARGET_riscv64     := RISCV64
TARGET_loongarch64 := LOONGARCH64
TARGET ?= $(or $(TARGET_$(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))),$(shell $(CRASH) --buildinfo | sed -n 's/ *build_target: //p'))

PREFIX        ?= /usr
# 64-bit Fedora and RHEL have crash's directory in lib64, Debian in lib.
LIBDIR        ?= $(PREFIX)/$(if $(wildcard $(PREFIX)/lib64/crash),lib64,lib)
EXTENSION_DIR ?= $(LIBDIR)/crash/extensions

# The kernel of demo and shell, and those of the end-to-end tests: see vmcore-fixtures/README.md.
KERNEL  ?= 6.1
KERNELS ?= 5.10 6.1 6.12
# All that vmcore-fixtures/lib/kernels.sh has.
ALL_KERNELS := $(shell bash -c '. vmcore-fixtures/lib/kernels.sh && kernel_names')
# How many damaged vmcores `make damage` tries, and which.
DAMAGES ?= 500
SEED    ?= 1

BUILD  ?= build
MODULE ?= nbd.so
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -Wall -Wextra $(if $(CI),-Werror) -Iinclude -MMD -MP $(CPPFLAGS) $(CFLAGS)
MODULE_CFLAGS = -fPIC -fvisibility=hidden -D$(TARGET) $(addprefix -isystem ,$(filter-out /usr/include,$(CRASH_INCLUDE)))
LIBS := -lbpf -ljson-c -lelf

# The rooms; CONTRIBUTING.md says what each is for. The collectors whose place is at the top belong to collect.
ROOMS   := base resolve collect judge render
SOURCES := $(wildcard *.c $(ROOMS:%=%/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)

# base, judge and render know neither crash nor kernel memory and are tested alone, with the sanitizers. Of the other
# rooms the linker takes the files that the tests ask for: tests/unit/fake_kernel.c stands for the rest of resolve.
PURE_ROOMS   := base judge render
UNIT_SOURCES := $(wildcard $(PURE_ROOMS:%=%/*.c) tests/unit/*.c)
UNIT_OBJECTS := $(UNIT_SOURCES:%.c=$(BUILD)/unit/%.o)
UNIT_OTHERS  := $(patsubst %.c,$(BUILD)/unit/%.o,$(filter-out $(UNIT_SOURCES),$(SOURCES)))
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# All of nbd.so's code in a plain process, over a made-up image.
IMAGE_SOURCES := $(SOURCES) $(wildcard tests/image/*.c)
IMAGE_OBJECTS := $(IMAGE_SOURCES:%.c=$(BUILD)/image/%.o)
# The stand-in for crash counts the looks for a Ctrl-C.
LOOKS := -Wl,--wrap=k_interrupted

BENCH := $(BUILD)/tests/bench/bench.so

# libFuzzer comes with clang. A target is tests/fuzz/target_NAME.c; what the image tests build, all have.
FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst tests/fuzz/target_%.c,%,$(wildcard tests/fuzz/target_*.c))
FUZZ_OWN     := $(wildcard tests/fuzz/*.c)
FUZZ_COMMON  := $(SOURCES) $(filter-out tests/image/main.c tests/image/run.c tests/image/test_%.c,$(wildcard tests/image/*.c)) \
	$(filter-out tests/fuzz/target_%.c,$(FUZZ_OWN))
FUZZ_OBJECTS := $(FUZZ_COMMON:%.c=$(BUILD)/fuzz/%.o)
# Comparisons are of values from the image, not of the input: tracing them takes time and tells nothing.
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

E2E_SOURCES := $(wildcard tests/e2e/*.c)
E2E_OBJECTS := $(E2E_SOURCES:%.c=$(BUILD)/%.o)

FORMATTED = $(SOURCES) $(wildcard include/*/*.h tests/*/*.c tests/*/*.h)

.PHONY: all arm64 check rooms unit image coverage fuzz fuzz-check e2e e2e-all e2e-others e2e-stuck reads bench compilers mutations valgrind valgrind-long matrix matrix-all formats bench-formats crash-symbols session damage damage-check live steps \
	demo shell packages install uninstall format clean help
.DELETE_ON_ERROR:

all: $(MODULE)

$(MODULE): $(OBJECTS)
	$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-z,now -o $@ $(OBJECTS) $(LIBS)

$(OBJECTS): $(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(MODULE_CFLAGS) -c -o $@ $<

$(UNIT_OBJECTS) $(UNIT_OTHERS): $(BUILD)/unit/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(MODULE_CFLAGS) $(SANITIZE) -Itests/unit -c -o $@ $<

$(BUILD)/unit/others.a: $(UNIT_OTHERS)
	rm -f $@
	ar rcs $@ $^

$(BUILD)/unit/unit: $(UNIT_OBJECTS) $(BUILD)/unit/others.a
	$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ $$(pkg-config --libs check json-c)

$(IMAGE_OBJECTS): $(BUILD)/image/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(MODULE_CFLAGS) $(SANITIZE) -Itests/image -DLAYOUTS='"tests/image/layouts"' -c -o $@ $<

$(BUILD)/image/image: $(IMAGE_OBJECTS)
	$(CC) $(CFLAGS) $(SANITIZE) $(LOOKS) -o $@ $^ $(LIBS) $$(pkg-config --libs check)

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(ALL_CFLAGS) $(MODULE_CFLAGS) $(FUZZ_SANITIZE) -Itests/image -DLAYOUTS='"tests/image/layouts"' -c -o $@ $<

# Time is limited by the targets themselves, of the processor's; this is for what never ends.
# Memory that is taken and given back for each input costs more than the input itself.
FUZZ_RUN := ASAN_OPTIONS=quarantine_size_mb=4:thread_local_quarantine_size_kb=64$${ASAN_OPTIONS:+:$$ASAN_OPTIONS}
FUZZ_OPTIONS := -timeout=30 -verbosity=0 -print_final_stats=1
# Twelve damages and what goes before them.
FUZZ_OPTIONS_image := -max_len=111
# About ten seconds each.
FUZZ_RUNS_image     := 5000
FUZZ_RUNS_btf       := 300000
FUZZ_RUNS_commands  := 30000
FUZZ_RUNS_renderers := 3000

.SECONDARY: $(FUZZ_OBJECTS) $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzz-%) $(FUZZ_TARGETS:%=$(BUILD)/fuzz/seeds-%) $(FUZZ_OWN:%.c=$(BUILD)/fuzz/%.o)

$(BUILD)/fuzz/fuzz-%: $(BUILD)/fuzz/tests/fuzz/target_%.o $(FUZZ_OBJECTS)
	$(FUZZ_CC) $(CFLAGS) $(FUZZ_SANITIZE) $(LOOKS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# Inputs to begin with, made anew whenever the target is.
$(BUILD)/fuzz/seeds-%: $(BUILD)/fuzz/fuzz-%
	rm -rf $@
	mkdir -p $@
	$< --seeds $@

$(E2E_OBJECTS): $(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/e2e -c -o $@ $<

$(BUILD)/tests/e2e/e2e: $(E2E_OBJECTS)
	$(CC) $(CFLAGS) -o $@ $^ $$(pkg-config --libs check json-c)

# Only for make bench: what the same reads take without nbd.so.
$(BENCH): tests/bench/bench.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(MODULE_CFLAGS) -shared -o $@ $<

# For a crash of this machine that opens vmcores of arm64.
ARM64_MODULE := build/arm64/nbd.so
arm64:
	tools/packages.sh build fixtures check arm64
	$(MAKE) TARGET=ARM64 CRASH_INCLUDE="$$(dirname "$$(vmcore-fixtures/crash.sh 8.0.6-arm64)")/include" \
		BUILD=build/arm64 MODULE=$(ARM64_MODULE) $(ARM64_MODULE)

-include $(OBJECTS:.o=.d) $(UNIT_OBJECTS:.o=.d) $(UNIT_OTHERS:.o=.d) $(IMAGE_OBJECTS:.o=.d) $(E2E_OBJECTS:.o=.d) $(FUZZ_OBJECTS:.o=.d) $(FUZZ_TARGETS:%=$(BUILD)/fuzz/tests/fuzz/target_%.d)

# Packages come first, then the rest in an order of its own: what fails fast is run first. A warning fails, wherever it is run.
check: export CI := 1
check:
	tools/packages.sh build fixtures check arm64 package postmortem
	$(MAKE) all
	$(MAKE) compilers
	$(MAKE) unit
	$(MAKE) image
	$(MAKE) fuzz-check
	$(MAKE) coverage
	$(MAKE) valgrind
	$(MAKE) crash-symbols
	$(MAKE) damage-check
	$(MAKE) session
	$(MAKE) matrix
	$(MAKE) formats
	$(MAKE) e2e
	$(MAKE) e2e-stuck
	$(MAKE) e2e-others
	$(MAKE) package-check
	$(MAKE) postmortem-check
	$(MAKE) reads

# Check gives a test 4 seconds; a busy machine needs more.
unit: $(BUILD)/unit/unit
	CK_DEFAULT_TIMEOUT=60 $<

image: $(BUILD)/image/image
	CK_DEFAULT_TIMEOUT=60 $<

# What a gate looks at: $(call all_of,VARIABLE,FIND'S WORDS) fails where a file is in the tree and not in the list, so that a move cannot
# hollow a gate.
TREE   := . -path ./build -prune -o -path ./vmcore-fixtures -prune -o -type f
all_of  = @test $(words $($(1))) -eq $$(find $(2) -print | wc -l) && echo '$(1): all $(words $($(1))) files' || \
	{ echo '$(1) has $(words $($(1))) files, the tree '$$(find $(2) -print | wc -l) >&2; false; }

COVERED := (($(subst $() ,|,$(ROOMS)))/)?[a-z_]+\.c$$

# Lines and branches of nbd.so's code that the unit and image tests run.
coverage:
	tools/packages.sh build check
	mkdir -p build/coverage
	find build/coverage -name '*.gcda' -delete
	$(MAKE) BUILD=build/coverage CFLAGS='-O0 -g --coverage' SANITIZE= unit image
	gcovr --root . --filter '$(COVERED)' --branches -o build/coverage/branches build/coverage
	awk '{ printf "%-28s %8s %8s %6s\n", $$1, $$2, $$3, $$4 }' build/coverage/branches
	tests/coverage.sh build/coverage/branches build/coverage/image $(SOURCES)
	gcovr --root . --filter '$(COVERED)' --print-summary --fail-under-line 90 --fail-under-branch 80 -o build/coverage/lines build/coverage

# As long as is wanted; inputs that found something new are kept in build/fuzz/corpus-NAME.
fuzz: $(FUZZ_TARGETS:%=fuzz-%)

fuzz-%: $(BUILD)/fuzz/seeds-%
	mkdir -p $(BUILD)/fuzz/corpus-$*
	$(FUZZ_RUN) $(BUILD)/fuzz/fuzz-$* $(FUZZ_OPTIONS) $(FUZZ_OPTIONS_$*) -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/$*- \
		$(BUILD)/fuzz/corpus-$* $<

# As many inputs each time, unless the machine is slow.
fuzz-check: $(FUZZ_TARGETS:%=fuzz-check-%)

fuzz-check-%: $(BUILD)/fuzz/seeds-%
	$(FUZZ_RUN) $(BUILD)/fuzz/fuzz-$* $(FUZZ_OPTIONS) $(FUZZ_OPTIONS_$*) -seed=1 -runs=$(FUZZ_RUNS_$*) -max_total_time=15 -artifact_prefix=$(BUILD)/fuzz/$*- $<

# Both compilers accept everything without a warning.
compilers:
	$(MAKE) CC=gcc CI=1 BUILD=build/gcc MODULE=build/gcc/nbd.so build/gcc/nbd.so build/gcc/tests/e2e/e2e build/gcc/tests/bench/bench.so
	$(MAKE) CC=clang CI=1 BUILD=build/clang MODULE=build/clang/nbd.so build/clang/nbd.so build/clang/unit/unit build/clang/image/image build/clang/tests/e2e/e2e build/clang/tests/bench/bench.so $(FUZZ_OWN:%.c=build/clang/fuzz/%.o)
	clang-format --dry-run --Werror $(FORMATTED)
	$(call all_of,FORMATTED,$(TREE) -name '*.[ch]')

# Which room knows which: CONTRIBUTING.md has the rule.
rooms: $(MODULE)
	$(call all_of,SOURCES,$(TREE) -not -path './tests/*' -not -path './tools/*' -name '*.c')
	tests/rooms/check.py $$(command -v $(CRASH)) $(BUILD)

e2e: $(KERNELS:%=e2e-%)

# Where CRASH does not open a kernel, vmcore-fixtures/lib/kernels.sh says which one does.
e2e-all: $(ALL_KERNELS:%=e2e-%)

e2e-%: $(MODULE) $(BUILD)/tests/e2e/e2e
	tests/e2e/run.sh $* $(CRASH) $(MODULE) $(BUILD)/tests/e2e/e2e

e2e-%-arm64: arm64 $(BUILD)/tests/e2e/e2e
	tests/e2e/run.sh $*-arm64 $(CRASH) $(ARM64_MODULE) $(BUILD)/tests/e2e/e2e

# The facts of the play stuck: what they are the cause of is not told yet.
e2e-stuck: $(KERNELS:%=e2e-stuck-%)

# One session on arm64 and one on a kernel of 7.x; where the mirrors do not hold them, or hold others, is said and counted.
e2e-others: $(MODULE)
	tools/packages.sh build fixtures check arm64
	MAKE="$(MAKE)" tests/e2e/others.sh

# One session on one vmcore: the facts of a kernel whose whole e2e is not part of check.
e2e-facts-%: $(MODULE) $(BUILD)/tests/e2e/e2e
	tests/e2e/stuck.sh $* $(CRASH) $(MODULE) $(BUILD)/tests/e2e/e2e scenes

e2e-facts-%-arm64: arm64 $(BUILD)/tests/e2e/e2e
	tests/e2e/stuck.sh $*-arm64 $(CRASH) $(ARM64_MODULE) $(BUILD)/tests/e2e/e2e scenes

e2e-stuck-%: $(MODULE) $(BUILD)/tests/e2e/e2e
	tests/e2e/stuck.sh $* $(CRASH) $(MODULE) $(BUILD)/tests/e2e/e2e

e2e-stuck-%-arm64: arm64 $(BUILD)/tests/e2e/e2e
	tests/e2e/stuck.sh $*-arm64 $(CRASH) $(ARM64_MODULE) $(BUILD)/tests/e2e/e2e

valgrind: $(MODULE)
	tests/e2e/valgrind.sh $(KERNEL) $(CRASH) $(MODULE)

# Fifty rounds, and the session's memory: half an hour, and so not part of check.
valgrind-long: $(MODULE)
	tests/e2e/valgrind.sh $(KERNEL) $(CRASH) $(MODULE) 50

# What a person does to a session: Ctrl-C, closed pipes, many commands, extend -u.
session: $(MODULE)
	PYTHONDONTWRITEBYTECODE=1 tests/damage/run.sh session $(KERNEL) $(CRASH) $(MODULE)

# Damaged copies of a real vmcore: all that have a name and the most telling others, or DAMAGES of them.
damage-check: $(MODULE)
	tests/damage/run.sh check $(KERNEL) $(CRASH) $(MODULE)

damage: $(MODULE)
	tests/damage/run.sh all $(KERNEL) $(CRASH) $(MODULE) $(DAMAGES) $(SEED)

# crash on the running kernel of a guest in which devices come and go.
live: $(MODULE)
	tests/live/run.sh $(KERNEL) $(MODULE)

# The steps of a diagnosis are taken in a guest: each does what it promises. A quarter of an hour, and so not part of check.
steps: $(MODULE)
	tests/live/steps.sh $(KERNEL) $(MODULE)

# The same nbd.so in every packaged crash.
matrix: $(MODULE)
	tests/e2e/matrix.sh $(MODULE) '' $(KERNELS)

matrix-all: $(MODULE) arm64
	tests/e2e/matrix.sh $(MODULE) $(ARM64_MODULE) $(ALL_KERNELS)

# The same report of one memory whatever format the vmcore has.
formats: $(MODULE)
	PYTHONDONTWRITEBYTECODE=1 tests/formats/formats.py $(MODULE) $(BUILD)

# What a page costs in each: the table of doc/performance.md. Some minutes, and so not part of check.
bench-formats: $(MODULE) $(BENCH)
	PYTHONDONTWRITEBYTECODE=1 nice tests/formats/times.py $(MODULE) $(BENCH) $(BUILD)

# What nbd.so needs of crash is in every packaged crash, whichever's defs.h it is built with.
crash-symbols: $(MODULE)
	tests/crash/symbols.sh $(MODULE) 5.10

# The number of reads is the same each time, and no more than there are things to read.
reads: $(MODULE)
	tests/bench/reads.sh $(CRASH) $(MODULE)

# Some minutes, and so not part of check: the table of doc/performance.md.
bench: $(MODULE) $(BENCH)
	PYTHONDONTWRITEBYTECODE=1 nice tests/bench/bench.py $(MODULE) $(BENCH)

# Proof that the end-to-end tests can fail: a few minutes, and so not part of check.
mutations: $(MODULE) $(BUILD)/tests/e2e/e2e
	tests/e2e/run.sh --mutations $(KERNEL) $(CRASH) $(MODULE) $(BUILD)/tests/e2e/e2e

demo:
	tools/packages.sh build fixtures
	$(MAKE) all
	tools/demo.sh $(KERNEL) $(CRASH) $(MODULE)

shell:
	tools/packages.sh build fixtures
	$(MAKE) all
	tools/demo.sh --interactive $(KERNEL) $(CRASH) $(MODULE)

install: $(MODULE)
	install -D -m 755 $(MODULE) $(DESTDIR)$(EXTENSION_DIR)/nbd.so

uninstall:
	rm -f $(DESTDIR)$(EXTENSION_DIR)/nbd.so

format:
	clang-format -i $(FORMATTED)

clean:
	rm -rf build nbd.so

help:
	@echo 'make            nbd.so; needs crash (its defs.h), libbpf, libelf and json-c'
	@echo 'make demo       nbd.so explaining a hung device in a real vmcore; gets what it needs'
	@echo 'make shell      the same vmcore in an interactive crash, with nbd.so loaded'
	@echo 'make check      all tests; gets what it needs'
	@echo 'make rooms      whether each file keeps to what its room may know'
	@echo 'make unit       the unit tests, with the sanitizers'
	@echo 'make image      nbd.so without crash, over kernel images made by hand, with the sanitizers'
	@echo 'make fuzz       each fuzz target for FUZZ_SECONDS'
	@echo 'make fuzz-check the same for some ten seconds, with the same inputs each time'
	@echo 'make coverage   lines and branches that the unit and image tests run'
	@echo 'make e2e        the end-to-end tests on real vmcores of KERNELS'
	@echo 'make e2e-all    the same on all kernels of vmcore-fixtures; make e2e-NAME: on one of them'
	@echo 'make e2e-others  one session on arm64 and one on 7.x, where the mirrors still hold kernels that were tried'
	@echo 'make e2e-stuck  the same on the vmcores of more ways to be stuck'
	@echo 'make matrix     the same nbd.so in every packaged crash, on KERNELS; make matrix-all: on all kernels'
	@echo 'make formats    the same report of one memory in each format that makedumpfile and QEMU write; make bench-formats: what a page costs in each'
	@echo 'make crash-symbols  what nbd.so needs of crash, in every packaged crash'
	@echo 'make valgrind   every command twice under valgrind'
	@echo 'make reads      how many reads a report takes among many open files'
	@echo 'make bench      times and memory among a million open files, beside crash'"'"'s and drgn'"'"'s, and among ten million; Ctrl-C there'
	@echo 'make valgrind-long  fifty times'
	@echo 'make session    Ctrl-C, closed pipes, many commands, extend -u in one session'
	@echo 'make damage     DAMAGES damaged copies of a real vmcore; make damage-check: the most telling, and those with a name'
	@echo 'make live       crash on the running kernel of a guest in which devices come and go'
	@echo 'make steps      does what each diagnosis says, in a guest with stuck devices: whether it helps as promised'
	@echo 'make mutations  falsifies the report value by value: the end-to-end tests must notice each'
	@echo 'make install    into crash'"'"'s extension directory: $(EXTENSION_DIR); the manual page beside'
	@echo 'make dist       what is committed, as a tar archive'
	@echo 'make deb        Debian'"'"'s packages, built in a minimal system; make rpm: RPM'"'"'s'
	@echo 'make postmortem-check  nbd-postmortem on vmcores of one kernel; make postmortem-check-all: on twelve, of all kernels'
	@echo 'make package-check  both packages installed, used and removed in minimal systems'
	@echo 'make kdump-check  a host that crashes: the report beside the vmcore after its next boot'
	@echo 'make uninstall  removes it again'
	@echo 'make format     clang-format on all C files'
	@echo 'make clean      removes what was built; the cache of vmcores stays'
	@echo
	@echo 'Variables: CRASH_INCLUDE (holds crash/defs.h), CRASH, KERNEL, KERNELS, FUZZ_SECONDS, DAMAGES, SEED, PREFIX, DESTDIR, CFLAGS, LDFLAGS'

# Manual pages, packages, and what else is installed beside the module: programs of bin/, completions.
VERSION := $(shell sed -n 's/^\#define NBD_VERSION "\(.*\)"/\1/p' include/base/version.h)
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
COMPLETION_DIR ?= $(PREFIX)/share/bash-completion/completions

MAN_PAGES   := $(wildcard man/*.8) $(patsubst man/%.in,$(BUILD)/man/%,$(wildcard man/*.8.in))
PROGRAMS    := $(wildcard bin/*)
COMPLETIONS := $(wildcard completions/*)
FORMATTED   += $(wildcard tools/*.c)

.PHONY: man install-beside uninstall-beside dist deb rpm package-check
.SECONDARY: $(BUILD)/tools/manpage $(BUILD)/tools/manpage.o

all man: $(MAN_PAGES)
install: install-beside
uninstall: uninstall-beside

# The commands' help is written once: the page is made of what crash's `help` prints.
$(BUILD)/man/%: man/%.in $(BUILD)/tools/manpage
	@mkdir -p $(@D)
	$(BUILD)/tools/manpage <$< >$@

$(BUILD)/tools/manpage: $(BUILD)/tools/manpage.o $(filter %/render/help.o,$(OBJECTS))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/tools/manpage.o: tools/manpage.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

-include $(BUILD)/tools/manpage.d

install-beside: $(MAN_PAGES)
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man8 $(MAN_PAGES)
	$(if $(PROGRAMS),install -D -m 755 -t $(DESTDIR)$(BINDIR) $(PROGRAMS))
	$(if $(COMPLETIONS),install -D -m 644 -t $(DESTDIR)$(COMPLETION_DIR) $(COMPLETIONS))

uninstall-beside:
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(MAN_PAGES)))
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,$(notdir $(PROGRAMS)))
	rm -f $(addprefix $(DESTDIR)$(COMPLETION_DIR)/,$(notdir $(COMPLETIONS)))

# What is committed, as a tar archive.
dist:
	@mkdir -p $(BUILD)
	@git diff --quiet HEAD || echo 'make dist: what is not committed is not in it' >&2
	git archive --prefix=crash-nbd-$(VERSION)/ -o $(BUILD)/crash-nbd-$(VERSION).tar.gz HEAD

# Each package is built from that archive, in a minimal system of the packages that it names.
deb rpm: dist
	tools/packages.sh package
	tools/package/build.sh $@ $(BUILD)/crash-nbd-$(VERSION).tar.gz $(BUILD)/packages

# The packages as a user has them: built, installed, used in crash, removed. The first time three minimal systems are made.
package-check: deb rpm
	tests/package/run.sh $(VERSION) $(BUILD)/packages $(KERNEL)

# A Debian host crashes and boots again: minutes of emulation, and so not part of check.
.PHONY: kdump-check
kdump-check: deb
	tools/packages.sh build fixtures check
	tests/kdump/run.sh $(BUILD)/packages/deb $(KERNEL)

# What nbd-postmortem(8) is made of, the tools for fleets, and what has it read a crash; the program, its page and its completion are
# installed above.
SHARE = $(DESTDIR)$(PREFIX)/share
UNITDIR ?= $(PREFIX)/lib/systemd/system
.PHONY: install-postmortem uninstall-postmortem postmortem-check postmortem-check-all

install: install-postmortem
uninstall: uninstall-postmortem

install-postmortem:
	install -d $(SHARE)/crash-nbd/postmortem $(SHARE)/crash-nbd/fleet $(SHARE)/crash-nbd/kdump $(DESTDIR)$(UNITDIR)
	install -m 644 postmortem/*.py postmortem/page.css postmortem/page.js $(SHARE)/crash-nbd/postmortem
	install -m 644 fleet/schema.sql $(SHARE)/crash-nbd/fleet
	install -m 755 fleet/load.sh fleet/parallel.sh fleet/slurm.sbatch $(SHARE)/crash-nbd/fleet
	install -m 755 kdump/nbd-crash-report $(SHARE)/crash-nbd/kdump
	sed 's|@PREFIX@|$(PREFIX)|' kdump/nbd-crash-report.service.in >$(DESTDIR)$(UNITDIR)/nbd-crash-report.service

uninstall-postmortem:
	rm -rf $(SHARE)/crash-nbd/postmortem $(SHARE)/crash-nbd/fleet $(SHARE)/crash-nbd/kdump
	rm -f $(DESTDIR)$(UNITDIR)/nbd-crash-report.service
	rmdir $(SHARE)/crash-nbd 2>/dev/null || :

# Vmcores of one kernel. The long form takes all fixtures, with a crash that opens each of them: many minutes, and so not part of check.
postmortem-check: $(MODULE)
	tools/packages.sh build fixtures postmortem
	tests/postmortem/run.sh check $(CRASH) $(MODULE)

postmortem-check-all: CRASH = $$(vmcore-fixtures/crash.sh 8.0.6)
postmortem-check-all: $(MODULE)
	tools/packages.sh build fixtures postmortem
	tests/postmortem/run.sh all $(CRASH) $(MODULE)
