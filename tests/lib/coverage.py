"""coverage.py - adds up what gcov says, read as one JSON object a line; see tests/coverage.sh."""
import collections
import json
import os
import sys

lines = collections.defaultdict(lambda: collections.defaultdict(int))
branches = collections.defaultdict(lambda: collections.defaultdict(int))
for text in sys.stdin:
    for file in json.loads(text)['files']:
        name = os.path.relpath(file['file']) if os.path.isabs(file['file']) else file['file']
        if not name.startswith(('core/', 'shim/')):
            continue
        for line in file['lines']:
            lines[name][line['line_number']] += line['count']
            for number, branch in enumerate(line['branches']):
                branches[name][line['line_number'], number] += branch['count']


def share(counts):
    return 100 * sum(count > 0 for count in counts) / len(counts) if counts else 100


failed = False
for folder in 'core', 'shim':
    mine = sorted(name for name in lines if name.startswith(folder + '/'))
    for name in mine:
        print('%-32s lines %5.1f %%  branches %5.1f %%' % (
            name, share(lines[name].values()), share(branches[name].values())))
    all_lines = [count for name in mine for count in lines[name].values()]
    all_branches = [count for name in mine for count in branches[name].values()]
    least = float(os.environ['LEAST_' + folder])
    good = share(all_lines) >= least
    failed |= not good
    print('%s - %s: %.1f %% of %d lines (at least %d), %.1f %% of %d branches' % (
        'ok' if good else 'not ok', folder, share(all_lines), len(all_lines), least, share(all_branches),
        len(all_branches)))
with open(sys.argv[1], 'w') as missing:
    for name in sorted(lines):
        for number, count in sorted(lines[name].items()):
            if count == 0:
                missing.write('%s:%d\n' % (name, number))
sys.exit(failed)
