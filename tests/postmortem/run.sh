#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh check|all CRASH MODULE: the tests of nbd-postmortem. check: the vmcores of one small scene; all: the fixtures of all
# kernels, twelve vmcores with those made of them. CRASH has to open each.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
case $1 in
check) POSTMORTEM_KERNELS=6.1 POSTMORTEM_PLAYS='netlink-hang bare' ;;
all) POSTMORTEM_KERNELS='6.1 5.10 6.12' POSTMORTEM_PLAYS='scenes netlink-hang bare' ;;
*)
	echo "usage: run.sh check|all CRASH MODULE" >&2
	exit 64
	;;
esac
# No test is left out for want of a program: tools/packages.sh installs them all.
missing=()
for program in chromium debuginfod debuginfod-find dot mandoc munged parallel sbatch shellcheck sinfo slurmctld slurmd sqlite3; do
	PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || missing+=("$program")
done
((${#missing[@]} == 0)) || {
	echo "run.sh: not installed: ${missing[*]}" >&2
	exit 1
}
((EUID == 0)) || {
	echo "run.sh: run it as root: Slurm's daemons are started" >&2
	exit 1
}
POSTMORTEM_CRASH=$(command -v "$2") POSTMORTEM_MODULE=$(realpath "$3")
export POSTMORTEM_KERNELS POSTMORTEM_PLAYS POSTMORTEM_CRASH POSTMORTEM_MODULE

# A page that is not there yet is no fault of this one.
if mandoc -Tlint "$here/../../man/nbd-postmortem.8" 2>&1 | grep -vE 'referenced manual not found|outdated mandoc.db'; then
	echo "run.sh: mandoc complains of nbd-postmortem.8" >&2
	exit 1
fi
shellcheck "$here"/run.sh "$here"/../../fleet/*.sh "$here"/../../fleet/slurm.sbatch "$here"/../../completions/nbd-postmortem "$here"/../../kdump/nbd-crash-report
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/../..:$here exec python3 -m unittest discover -v -s "$here"
