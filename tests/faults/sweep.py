#!/usr/bin/env python3
"""sweep.py - runs a program under the shim again and again; each time another one of the shim's own system calls
fails: those that its code, or the C library on its behalf, makes from the first use of CUDA to the end.

    sweep.py APP SHIM FOLDER [--every N] [--calls NAME,...] VARIABLE=VALUE...

What must be true each time: no crash and no other status, the cap holds (the program looks itself), and the report
says what the program says, or it is said why there is none.
"""
import json
import os
import re
import shutil
import subprocess
import sys

CAP = 8 << 20
ERRORS = {'mmap': 'ENOMEM', 'mprotect': 'ENOMEM', 'brk': 'ENOMEM', 'openat': 'EMFILE', 'open': 'EMFILE',
          'write': 'ENOSPC', 'pwrite64': 'ENOSPC', 'writev': 'ENOSPC', 'ftruncate': 'ENOSPC', 'fallocate': 'ENOSPC',
          'memfd_create': 'EPERM', 'read': 'EIO', 'pread64': 'EIO'}
# Ends the process, or cannot fail.
LEFT_OUT = {'exit_group', 'rt_sigreturn', 'getpid', 'gettid', 'getuid', 'geteuid', 'getppid', 'sched_yield',
            'clock_gettime',
            # glibc's malloc does not survive it, whoever calls.
            'brk'}
LIBC = re.compile(r'/(libc|ld-linux[^/]*|libc-[0-9.]*)\.so')


class Sweep:
    def __init__(self, app, shim, folder, variables):
        self.app, self.folder, self.variables = app, folder, variables
        self.preload = ['-E', 'LD_PRELOAD=' + shim]
        self.failures = 0
        self.runs = 0

    def run(self, strace):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        environment = {k: v for k, v in os.environ.items() if not k.startswith('RAC_')}
        settings = {'RAC_LIMIT': str(CAP), 'RAC_REPORT': self.folder + '/report.json'}
        settings.update(v.replace('FOLDER', self.folder).split('=', 1) for v in self.variables)
        for name, value in settings.items():
            environment[name] = value
        return subprocess.run(['strace', '-f', *strace, *self.preload, self.app, str(CAP)], env=environment,
                              capture_output=True, text=True, timeout=120)

    def calls(self):
        """(name, which of that name in its thread) of each call that the shim made: the one who called the C library."""
        trace = self.folder + '.trace'
        done = self.run(['-k', '-o', trace])
        if done.returncode != 0:
            sys.exit('the program fails by itself: %d %s' % (done.returncode, done.stderr))
        counts, found, call = {}, [], None
        for line in open(trace):
            match = re.match(r'(\d+) +([a-z0-9_]+)\(', line)
            if match:
                call = match.groups()
                counts[call] = counts.get(call, 0) + 1
            elif call and line.startswith(' > ') and not LIBC.search(line):
                if 'librac_track.so' in line and call[1] not in LEFT_OUT:
                    found.append((call[1], counts[call]))
                call = None
        os.unlink(trace)
        return found

    def fail(self, name, which, why):
        self.failures += 1
        print('not ok - %s number %d fails: %s' % (name, which, why))

    def inject(self, name, which):
        self.runs += 1
        done = self.run(['-o', '/dev/null', '--seccomp-bpf', '-e', 'trace=' + name, '-e',
                         'inject=%s:error=%s:when=%d' % (name, ERRORS.get(name, 'EPERM'), which)])
        if done.returncode != 0:
            return self.fail(name, which, 'status %d, stderr %r' % (done.returncode, done.stderr[-400:]))
        said = done.stdout.split()
        lines = [line for line in done.stderr.split('\n') if line.startswith('==rac')]
        if len(said) != 4:
            # What the program itself could not write is its own affair.
            return None if name == 'write' else self.fail(name, which, 'it said %r' % done.stdout)
        try:
            report = json.load(open(self.folder + '/report.json'))
        except (OSError, ValueError) as error:
            if not lines and int(said[0]) > 0:
                self.fail(name, which, 'no report (%s), and nothing is said of it' % error)
            return None
        figures = [sum(d[key] for d in report['devices']) for key in ('allocations', 'frees', 'live_bytes')]
        if figures != [int(n) for n in said[:3]] and not report.get('lost') and not lines:
            self.fail(name, which, 'the report has %s, the program %s' % (figures, said))
        return None


def main():
    arguments = sys.argv[1:]
    every, only = 1, None
    while '--every' in arguments:
        at = arguments.index('--every')
        every = int(arguments[at + 1])
        del arguments[at:at + 2]
    while '--calls' in arguments:
        at = arguments.index('--calls')
        only = set(arguments[at + 1].split(','))
        del arguments[at:at + 2]
    app, shim, folder, *variables = arguments
    sweep = Sweep(app, shim, folder, variables)
    calls = [c for c in sweep.calls() if only is None or c[0] in only]
    for number, (name, which) in enumerate(calls):
        if number % every == 0:
            sweep.inject(name, which)
    names = sorted({name for name, _ in calls})
    if sweep.runs == 0:
        print('not ok - no call fails')
    elif sweep.failures == 0:
        print('ok - each of %d system calls fails once (%s)%s' % (
            sweep.runs, ' '.join(names), ': ' + ' '.join(variables) if variables else ''))
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(sweep.failures > 0 or sweep.runs == 0)


main()
