#!/usr/bin/env python3
"""run.py - changes one place of the tracker, the ledger or the parsers of caps at a time (a comparison, a sum, a constant,
a memory order, a statement left out) and runs the tests that ought to notice: the model check and what of the unit tests
is about the file. Prints which changes no test noticed. These are explained in tests/mutation/survivors.txt; one that
is not there is a failure.

    MUTANTS=200 SEED=1 tests/mutation/run.py [FILE...]      how many, chosen at random by SEED; 0: all there are
"""
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

FILES = {
    'core/tracker.c': (('test_tracker.c', 'test_tracker_lanes.c', 'test_races.c'), 'tracker'),
    'core/tracker_calls.c': (('test_tracker.c', 'test_tracker_lanes.c'), None),
    'core/ledger.c': (('test_ledger.c', 'test_races.c'), 'ledger'),
    'core/ledger_refs.c': (('test_ledger.c',), 'ledger'),
    'core/ledger_context.c': (('test_ledger.c',), 'ledger'),
    'core/limit_spec.c': (('test_limit_spec.c',), None),
    'core/limit_resolve.c': (('test_limit_resolve.c',), None),
    'core/size_text.c': (('test_size_text.c', 'test_limit_spec.c'), None),
}
CHANGES = [
    (r' < ', ' <= '), (r' > ', ' >= '), (r' <= ', ' < '), (r' >= ', ' > '), (r' == ', ' != '), (r' != ', ' == '),
    (r' && ', ' || '), (r' \|\| ', ' && '), (r' \+ ', ' - '), (r' - ', ' + '), (r'\+\+', '--'), (r' \+= ', ' -= '),
    (r'\breturn true;', 'return false;'), (r'\breturn false;', 'return true;'), (r'if \(!', 'if ('),
    (r'\b1\b', '2'), (r'\b0\b', '1'), (r'_acquire\(', '_relaxed('), (r'_release\(', '_relaxed('),
    (r'memory_order_(acquire|release)', 'memory_order_relaxed'), (r'^(\t+)rac_[a-z_]+\(.*\);$', r'\1;'),
]
FLAGS = ['-std=gnu11', '-O1', '-w', '-D_GNU_SOURCE', '-DRAC_VERSION="0"', '-fno-strict-aliasing']


def mutants(path):
    """(line, column, new text of the line): no comments, no strings, no declarations of the language."""
    found, comment = [], False
    for number, line in enumerate(open(path).read().split('\n')):
        if '/*' in line:
            comment = True
        if not comment and line.startswith('\t') and '"' not in line and 'prefetch' not in line:
            for pattern, new in CHANGES:
                for match in re.finditer(pattern, line):
                    found.append((number, match.start(), line[:match.start()] + match.expand(new) + line[match.end():]))
        if '*/' in line:
            comment = False
    return found


class Bench:
    """A copy of the tree, with all objects that the changed file is linked with."""

    def __init__(self):
        self.root = tempfile.mkdtemp()
        for folder in 'core', 'shim', 'cli', 'tests/unit', 'tests/model', 'tests/lib', 'scripts', 'tests/sim':
            shutil.copytree(folder, self.root + '/' + folder)
        os.makedirs(self.root + '/o')

    def compile(self, source, target, more):
        return subprocess.run(['gcc', *FLAGS, *more, '-c', source, '-o', target], cwd=self.root,
                              capture_output=True).returncode == 0

    def link(self, objects, target, more=()):
        return subprocess.run(['gcc', *more, *objects, '-lpthread', '-lm', '-o', target], cwd=self.root,
                              capture_output=True).returncode == 0

    # What is read past an end is noticed, too.
    checked = ['-fsanitize=address']
    plain = [*checked, '-Itests/lib/plain', '-Icore', '-Itests/unit', '-Icli', '-Ishim']
    model = ['-Itests/model/include', '-Itests/model', '-Icore', '-Ishim', '-DFIRST_BUCKETS=2', '-DPAGE_BUCKETS=2']

    def prepare(self):
        core = sorted(f for f in os.listdir(self.root + '/core') if f.endswith('.c'))
        for f in core:
            self.compile('core/' + f, 'o/p_' + f + '.o', self.plain)
        self.compile('tests/lib/plain/runner.c', 'o/runner.o', self.plain)
        for test in {test for tests, _ in FILES.values() for test in tests}:
            self.compile('tests/unit/' + test, 'o/' + test + '.o', self.plain)
        self.core = ['o/p_' + f + '.o' for f in core]
        self.modelled = []
        tested = [f for f in core if re.match(r'(tracker|ledger|group).*\.c|sites\.c|arena\.c', f)]
        for source in [('core/' + f) for f in tested] + ['shim/account.c', 'shim/budget.c', 'shim/context.c'] + sorted(
                'tests/model/' + f for f in os.listdir('tests/model') if f.endswith('.c')):
            target = 'o/m_' + source.replace('/', '_') + '.o'
            self.compile(source, target, self.model)
            self.modelled.append(target)

    def ran(self, command):
        # Seconds of a processor, since others may be at work: what comes to no end is noticed by that.
        def bound():
            resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        try:
            return subprocess.run(command, cwd=self.root, capture_output=True, timeout=600, preexec_fn=bound).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def build(self, path):
        return self.compile(path, 'o/p_' + os.path.basename(path) + '.o', self.plain) and (
            FILES[path][1] is None or self.compile(path, 'o/m_' + path.replace('/', '_') + '.o', self.model))

    def survives(self, path):
        """None: it does not compile, so it is none."""
        tests, scenario = FILES[path]
        if not self.build(path):
            return None
        objects = [*self.core, 'o/runner.o', *('o/' + test + '.o' for test in tests)]
        if not self.link(objects, 'o/units', self.checked) or not self.ran(['o/units']):
            return False
        if scenario is None:
            return True
        return self.link(self.modelled, 'o/model') and self.ran(['o/model', scenario])


def main():
    os.chdir(os.path.dirname(os.path.abspath(__file__)) + '/../..')
    most = int(os.environ.get('MUTANTS', '200'))
    known = open('tests/mutation/survivors.txt').read()
    chosen = [(path, m) for path in (sys.argv[1:] or FILES) for m in mutants(path)]
    random.Random(int(os.environ.get('SEED', '1'))).shuffle(chosen)
    bench, start = Bench(), time.time()
    bench.prepare()
    for path in FILES:
        if not bench.survives(path):
            sys.exit('not ok - the tests of %s fail without a change' % path)
    tried = noticed = explained = unknown = 0
    for path, (number, _, text) in chosen[:most or None]:
        original = open(path).read().split('\n')
        changed = original[:number] + [text] + original[number + 1:]
        with open(bench.root + '/' + path, 'w') as file:
            file.write('\n'.join(changed))
        survived = bench.survives(path)
        shutil.copy(path, bench.root + '/' + path)
        bench.build(path)
        if survived is None:
            continue
        tried += 1
        if not survived:
            noticed += 1
            continue
        change = '%s: %s => %s' % (path, original[number].strip(), text.strip())
        if change in known:
            explained += 1
        else:
            unknown += 1
            print('not ok - no test notices %s (line %d)' % (change, number + 1), flush=True)
    print('%s - %d changes, %d noticed, %d that change nothing and are explained, %d others (%.0f s)' % (
        'not ok' if unknown else 'ok', tried, noticed, explained, unknown, time.time() - start))
    shutil.rmtree(bench.root)
    sys.exit(bool(unknown))


main()
