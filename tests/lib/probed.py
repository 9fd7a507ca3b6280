#!/usr/bin/env python3
"""probed.py - reports of made-up sites at real addresses, and what rac made of them.

probed.py make PROBES MODULE TO [ID|none|STATEMENT]...
    a report with a site for each line "NAME OFFSET" of PROBES, whose stack is that place in MODULE. Its build
    id is the file's own or ID; a STATEMENT may change the report r.
probed.py show REPORT [FOLDER]
    the sites as "API: FUNCTION FILE:LINE < ..."; files without FOLDER.
probed.py lines SOURCE NAME...
    the line of each NAME, which stands in SOURCE as a comment.
"""
import json
import re
import subprocess
import sys

from timeline import timeline


def build_id(path):
    notes = subprocess.run(['readelf', '-n', path], capture_output=True, text=True).stdout
    found = re.search(r'Build ID: (\w+)', notes)
    return found.group(1) if found else ''


def make(probes, module, to, *changes):
    identity = build_id(module)
    if changes and re.fullmatch('none|[0-9a-f]+', changes[0]):
        identity = '' if changes[0] == 'none' else changes[0]
        changes = changes[1:]
    sites = []
    for number, line in enumerate(open(probes)):
        name, offset = line.split()
        sites.append({'id': f'{number:08x}', 'device': 0, 'kind': 'device', 'api': name, 'owner': 'app',
                      'live_bytes': 2, 'live_count': 1, 'peak_bytes': 3, 'total_bytes': 5, 'total_count': 2,
                      'frames': [{'module': module, 'build_id': identity, 'offset': int(offset, 16)}]})
    r = {'schema': 'rac.report/1', 'version': '0.1.0',
         'process': {'pid': 1, 'ppid': 0, 'executable': module, 'command': [module], 'host': 'here', 'rank': None,
                     'started': '2040-01-01T00:00:00Z', 'seconds': 1, 'end': {'how': 'exit', 'status': 0}},
         'devices': [{'ordinal': 0, 'uuid': 'GPU-0', 'name': 'GPU', 'total_bytes': 2**30, 'limit_bytes': None,
                      'live_bytes': 2 * len(sites), 'peak_bytes': 3 * len(sites), 'allocations': 2 * len(sites),
                      'frees': len(sites), 'refused': 0, 'refused_bytes': 0}], 'sites': sites}
    for change in changes:
        exec(change, {'r': r, 'sites': sites, 'timeline': timeline})
    json.dump(r, open(to, 'w'))


def show(report, folder=''):
    for site in json.load(open(report))['sites']:
        frames = [f"{f['function']} {f['file'].removeprefix(folder + '/')}:{f['line']}" if f['function'] else
                  f"{f['module'].rpartition('/')[2]}+{f['offset']:#x}" for f in site['frames']]
        print(f"{site['api']}: {' < '.join(frames)}")


def lines(source, *names):
    text = open(source).read().splitlines()
    for name in names:
        print(next(number for number, line in enumerate(text, 1) if f'/* {name} */' in line))


{'make': make, 'show': show, 'lines': lines}[sys.argv[1]](*sys.argv[2:])
