# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd24 "not configured; the attempts to attach succeed and are undone"
fact unconfigured true
findings
