# SPDX-License-Identifier: GPL-2.0-or-later
"""What nbd-postmortem is made of. Python 3.6 and its standard library are enough."""

VERSION = "1.0.0"
