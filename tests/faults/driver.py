#!/usr/bin/env python3
"""driver.py - runs tests/apps/driver_steps under the shim again and again; each time another call of the driver fails
once, be it the program's or one that the shim makes to learn something.

    driver.py APP SHIM FOLDER [VARIABLE=VALUE...]

What must be true each time: the program ends well and the device never held more than the cap, which it looks at
itself; and at the end the report has what the device has, or says that something is not recorded. Of pools and graphs,
whose size the shim has to ask for, it may have more; of all, where the driver did not say which context ended.
"""
import json
import os
import subprocess
import sys

CAP = 32 << 20
# Any failure, and the one that means something to the shim.
CODES = 999, 2
ASKED = 'pool', 'graph'
MAY_KEEP = 'cuCtxGetCurrent', 'cuDevicePrimaryCtxGetState', 'cuCtxGetApiVersion'
OURS = 'device', 'managed', 'array', 'vmm', *ASKED


class Sweep:
    def __init__(self, app, shim, folder, variables):
        self.app, self.report, self.truth = app, folder + '/report.json', folder + '/truth.json'
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(('RAC_', 'SIMCUDA_'))}
        self.environment.update({'LD_PRELOAD': shim, 'RAC_LIMIT': str(CAP), 'RAC_REPORT': self.report,
                                 'SIMCUDA_TRUTH': self.truth, 'SIMCUDA_POOL_CHUNK': '2M'})
        self.environment.update(v.split('=', 1) for v in variables)
        self.cap = '8G' if self.environment['RAC_LIMIT'] == 'none' else str(CAP)
        self.runs = self.failures = 0

    def run(self, rule):
        """What was wrong, or None; the calls that were made."""
        for path in self.report, self.truth:
            if os.path.exists(path):
                os.unlink(path)
        done = subprocess.run([self.app, self.cap], env=dict(self.environment, SIMCUDA_FAIL=rule),
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            return 'status %d, stderr %r' % (done.returncode, done.stderr[-400:]), {}
        truth = json.load(open(self.truth))
        try:
            report = json.load(open(self.report))
        except OSError:
            said = '==rac' in done.stderr or not any(d['live']['peak_bytes'] for d in truth['devices'])
            return None if said else 'no report, and nothing is said of it', truth['calls']
        return self.compare(report, truth, int(done.stdout), rule.split(':')[0]), truth['calls']

    @staticmethod
    def compare(report, truth, over, of):
        ours = {d['ordinal']: d for d in report['devices']}
        for real in truth['devices']:
            mine = ours.get(real['ordinal'], {'kinds': {}, 'over_bytes': 0})
            for name in OURS:
                has = mine['kinds'].get(name, {'live_bytes': 0, 'allocations': 0, 'frees': 0})
                has = has['live_bytes'], has['allocations'] - has['frees']
                right = real['kinds'][name]['live_bytes'], real['kinds'][name]['live_count']
                if name == 'graph':
                    has, right = has[:1], right[:1]
                more = all(h >= r for h, r in zip(has, right)) and (name in ASKED or of in MAY_KEEP)
                if has != right and not more and not report['unrecorded']:
                    return '%s: bytes and count are %s, the report has %s' % (name, right, has)
            if real['ordinal'] == 0 and over > mine['over_bytes']:
                return 'the cap was passed by %d, the report has %d' % (over, mine['over_bytes'])
        pinned = report['host']['pinned']['live_bytes']
        if pinned != truth['pinned']['live_bytes']:
            return 'pinned: %d, the report has %d' % (truth['pinned']['live_bytes'], pinned)
        return None

    def each(self):
        wrong, calls = self.run('')
        if wrong:
            sys.exit('not ok - already without a failure: ' + wrong)
        for name, count in sorted(calls.items()):
            for which in range(1, count + 1):
                for code in CODES:
                    wrong, _ = self.run('%s:%d=%d' % (name, which, code))
                    self.runs += 1
                    if wrong:
                        self.failures += 1
                        print('not ok - %s number %d returns %d: %s' % (name, which, code, wrong))


def main():
    app, shim, folder, *variables = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    sweep = Sweep(app, shim, folder, variables)
    sweep.each()
    if sweep.failures == 0:
        print('ok - each of %d calls of the driver fails once%s' % (
            sweep.runs // len(CODES), ': ' + ' '.join(variables) if variables else ''))
    sys.exit(sweep.failures > 0)


main()
