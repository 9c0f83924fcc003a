#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# parallel.sh LIST RESULTS [OPTION...]: reads the vmcores named in LIST, one a line, on this host, as many at a time as JOBS
# says (all processors otherwise), into the directory RESULTS. OPTIONs are nbd-postmortem's. It may be killed and started again.
set -eu

if [ $# -lt 2 ]; then
	echo "usage: parallel.sh LIST RESULTS [nbd-postmortem's options]" >&2
	exit 64
fi
command -v parallel >/dev/null || {
	echo "parallel.sh: GNU parallel is not there: install the package parallel" >&2
	exit 69
}
list=$1 results=$2
shift 2
mkdir -p "$results"
bar=
[ ! -t 2 ] || bar=--bar
# Every job ends with nbd-postmortem's status, which is no failure of the job below 4: the log has them all.
# shellcheck disable=SC2086 # nothing, or one word
parallel --will-cite $bar --jobs "${JOBS:-100%}" --joblog "$results/joblog" --quote \
	"${NBD_POSTMORTEM:-nbd-postmortem}" --results "$results" --json "$@" -- {} <"$list" >/dev/null || :
awk 'NR > 1 && $7 >= 4 { failed++ } END { printf "%d vmcores, %d of them could not be read\n", NR - 1, failed; exit failed > 0 }' \
	"$results/joblog"
