#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check.py CRASH OBJECTS: the rooms of the tree, and the one direction in which they know each other.

Fails on a source or header without a room, on an include against the rule, on modules that include each
other in a circle, on an object that needs what its room must not know: a function of a room above it, or,
outside the files named below, a symbol of crash; and on an extern name by which its file cannot be found.
OBJECTS is the folder with an object for each source. CONTRIBUTING.md says what each room is for.
"""
import glob
import os
import re
import subprocess
import sys

# What each room may include. The model is a room of headers only.
MAY_INCLUDE = {
    'base': {'base'},
    'model': {'model', 'base'},
    'resolve': {'resolve', 'base'},
    'collect': {'collect', 'resolve', 'model', 'base'},
    'judge': {'judge', 'model', 'base'},
    'render': {'render', 'judge', 'model', 'base'},
    'commands': {'render', 'judge', 'collect', 'resolve', 'model', 'base'},
}
# Files whose place at the top of the tree is fixed.
AT_THE_TOP = {
    'nbd_crash.c': 'commands',
    'nbd_structs.c': 'collect',
    'unix_peer.c': 'collect',
    'file_owner.c': 'collect',
}
# The only sources that crash's header and symbols are for.
TALK_TO_CRASH = {'nbd_crash.c', 'resolve/kernel_crash.c'}
# What extern names may begin with besides their room's name and a word of their file's.
ALSO_BEGINS_WITH = {'resolve': {'k'}, 'render': {'renderer'}}
# Where C files are that belong to no room: they are not part of nbd.so.
ELSEWHERE = ('tests/', 'tools/', 'vmcore-fixtures/', 'build/')

complaints = []


def complain(text):
    complaints.append(text)


def room_of(path):
    parts = path.split('/')
    if len(parts) == 1:
        return AT_THE_TOP.get(path)
    if len(parts) == 2 and parts[0] in MAY_INCLUDE and path.endswith('.c'):
        return parts[0]
    if len(parts) == 3 and parts[0] == 'include' and parts[1] in MAY_INCLUDE and path.endswith(('.h', '.def')):
        return parts[1]
    return None


def all_files():
    names = glob.glob('./**/*.[ch]', recursive=True) + glob.glob('./**/*.def', recursive=True)
    found = (os.path.relpath(f, '.') for f in names)
    return sorted(f for f in found if not f.startswith(ELSEWHERE))


def module_of(path):
    """x.c and its header are one module: room/x."""
    return room_of(path) + '/' + os.path.splitext(os.path.basename(path))[0]


def check_includes(files):
    """Returns which modules each module includes."""
    includes = {}
    for path in files:
        room, module = room_of(path), module_of(path)
        for number, line in enumerate(open(path), 1):
            where = f'{path}:{number}'
            name = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
            if not name:
                continue
            name = name.group(1)
            if name.startswith('crash/') and path not in TALK_TO_CRASH:
                complain(f'{where}: only {", ".join(sorted(TALK_TO_CRASH))} include {name}')
            if '"' not in line:
                continue
            header = 'include/' + name
            if header not in files:
                complain(f'{where}: {name} is no header of a room (write room/name.h)')
                continue
            if room_of(header) not in MAY_INCLUDE[room]:
                complain(f'{where}: {room} must not know {room_of(header)} ({name})')
            if module_of(header) != module:
                includes.setdefault(module, set()).add(module_of(header))
    return includes


def check_circles(includes):
    done, path = set(), []

    def walk(module):
        if module in path:
            complain('a circle of includes: ' + ' -> '.join(path[path.index(module):] + [module]))
            return
        if module in done:
            return
        path.append(module)
        for other in sorted(includes.get(module, ())):
            walk(other)
        path.pop()
        done.add(module)

    for module in sorted(includes):
        walk(module)


def check_name(name, source):
    """attach_forecast is attach.c's, fact_has_flag is facts.c's, k_num is resolve's."""
    words = set(os.path.splitext(os.path.basename(source))[0].split('_'))
    room = room_of(source)
    begins = words | {word.removesuffix('s') for word in words} | {room} | ALSO_BEGINS_WITH.get(room, set())
    if name.split('_')[0] not in begins:
        complain(f'{source}: {name} begins with no word of its file or its room')


def symbols(*arguments):
    """What nm prints of all files in one run: {file: the names of its symbols, without their versions}."""
    lines = subprocess.run(['nm', '-A', *arguments], check=True, capture_output=True, text=True).stdout.splitlines()
    found = {}
    for line in lines:
        file, symbol = line.split(':', 1)
        found.setdefault(file, set()).add(symbol.split()[-1].split('@')[0])
    return found


def check_objects(sources, crash, objects):
    """Checks what each object needs. Returns how many objects those were."""
    source_of = {f'{objects}/{source[:-2]}.o': source for source in sources}
    defined_in = {name: source_of[file]
                  for file, names in symbols('--defined-only', '--extern-only', *source_of).items() for name in names}
    for name, source in defined_in.items():
        check_name(name, source)
    libraries = re.findall(r'=> (/\S+)', subprocess.run(['ldd', crash], capture_output=True, text=True).stdout)
    of_crash = set().union(*symbols('-D', '--defined-only', crash).values())
    of_crash -= set().union(*symbols('-D', '--defined-only', *libraries).values())
    for file, names in symbols('-u', *source_of).items():
        source = source_of[file]
        for name in sorted(names):
            owner = defined_in.get(name)
            if owner and room_of(owner) not in MAY_INCLUDE[room_of(source)]:
                complain(f'{source} needs {name}() of {owner}')
            elif not owner and name in of_crash and source not in TALK_TO_CRASH:
                complain(f"{source} needs crash's {name}")
    return len(source_of)


def main():
    crash, objects = sys.argv[1:]
    files = [f for f in all_files() if room_of(f) or complain(f'{f} has no room')]
    sources = [f for f in files if f.endswith('.c')]
    modules = check_includes(files)
    check_circles(modules)
    if not complaints:
        looked_at = check_objects(sources, crash, objects)
    for text in complaints:
        print(f'rooms: {text}', file=sys.stderr)
    if complaints:
        sys.exit(1)
    print(f'rooms: {len(files)} files keep the rule, {looked_at} objects need nothing beyond it')


main()
