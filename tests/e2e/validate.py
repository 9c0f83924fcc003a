#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""validate.py SCHEMA JSONL: every line must be JSON and satisfy the schema."""
import json
import sys

import jsonschema

with open(sys.argv[1]) as schema, open(sys.argv[2]) as lines:
    validator = jsonschema.Draft7Validator(json.load(schema))
    count = wrong = 0
    for line in lines:
        count += 1
        value = json.loads(line)
        for error in validator.iter_errors(value):
            # Of "one of four types", the type that the line says it is tells most.
            causes = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in error.context]
            print(f"validate.py: line {count} ({value.get('type')}): " + "\n  ".join([error.message[:200], *causes]), file=sys.stderr)
            wrong += 1
if not count:
    sys.exit("validate.py: there was no line to validate")
if wrong:
    sys.exit(f"validate.py: {wrong} violations of the schema in {count} lines of JSON")
print(f"{count} lines of JSON satisfy the schema")
