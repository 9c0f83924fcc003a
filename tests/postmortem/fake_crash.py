#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands in for crash where crash would have to misbehave. FAKE_CRASH is a JSON object: "fails" lists options with which, and
"" without which, it ends at once, saying so by its "name"; "hangs" is a command that never ends; "answers" maps commands to what they print.
"""
import json
import os
import re
import subprocess
import sys
import time

play = json.loads(os.environ["FAKE_CRASH"])
options = [word for word in sys.argv[1:] if word.startswith("--")]
with open(play["log"], "a", encoding="utf-8") as log:
    log.write(json.dumps(sys.argv[1:]) + "\n")
if (options or [""])[0] in play.get("fails", []):
    print("%s: invalid structure member offset" % play.get("name", "crash"))
    sys.exit(1)
for line in sys.stdin:
    line = line.strip()
    if line.startswith("!"):
        subprocess.run(["sh", "-c", line[1:]], check=False)
        continue
    if line == "q":
        break
    command, out = re.match(r"(.*) > (\S+)$", line).groups()
    if command == play.get("hangs"):
        time.sleep(1000)
    if command == play.get("dies"):
        os.abort()
    with open(out, "w", encoding="utf-8") as file:
        file.write(play["answers"].get(command, ""))
