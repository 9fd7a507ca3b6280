#!/usr/bin/env python3
"""make_report.py - a made-up JSON report of any size, the same for the same arguments, whose figures add up.

make_report.py SITES EVENTS [DEVICES]: prints a report with so many sites, and a timeline of so many events.
"""
import json
import random
import sys

from timeline import timeline

MODULES = ['libc10_cuda.so', 'libnccl.so.2', 'libcublasLt.so.12', 'libkv.so', 'libtriton.so', 'libcudnn.so.9',
           'python3.12', 'libflash_attn.so', 'libcufft.so.11', '_C.abi3.so']
CALLS = {'device': 'cuMemAlloc_v2', 'pool': 'cuMemAllocAsync', 'vmm': 'cuMemCreate', 'managed': 'cuMemAllocManaged'}
LAYERS = ['Engine.step', 'Model.forward', 'Block.forward', 'Attention.forward', 'MLP.forward', 'Linear.forward']


def frames(rng, module, number):
    stack = [{'module': f'/opt/venv/lib/{module}', 'build_id': f'{number:040x}', 'offset': 4096 + 16 * number,
              'function': f'{module.split(".")[0].replace("lib", "")}::Allocator<true>::allocate_{number % 23}(unsigned long)',
              'file': 'csrc/allocator.cpp', 'line': 100 + number % 23, 'language': 'native'}]
    for layer in range(rng.randrange(2, len(LAYERS)), -1, -1):
        stack.append({'module': '', 'build_id': '', 'offset': 0, 'function': LAYERS[layer],
                      'file': f'/home/ada/model/{LAYERS[layer].split(".")[0].lower()}.py',
                      'line': 10 + rng.randrange(4), 'language': 'python'})
    stack.append({'module': '', 'build_id': '', 'offset': 0, 'function': '<module>', 'file': '/home/ada/train.py',
                  'line': 41, 'language': 'python'})
    return stack


def main():
    site_count, event_count = int(sys.argv[1]), int(sys.argv[2])
    device_count = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rng = random.Random(7)
    sites = []
    for number in range(site_count):
        kind = rng.choice(list(CALLS))
        module = MODULES[min(int(rng.expovariate(0.5)), len(MODULES) - 1)]
        sites.append({'id': f'{number:08x}', 'device': number % device_count, 'kind': kind, 'api': CALLS[kind],
                      'owner': module, 'live_bytes': 0, 'live_count': 0, 'peak_bytes': 0, 'total_bytes': 0,
                      'total_count': 0, 'grade': 'pool' if kind == 'pool' else 'leak',
                      'frames': frames(rng, module, number)})
    levels = [0] * site_count
    totals, peaks = [0] * device_count, [0] * device_count
    at, when, which, live = 0, [], [], []
    for event in range(event_count):
        at += rng.randrange(1, 2 * 90 * 10**9 // max(event_count, 1))
        number = min(int(rng.expovariate(6 / site_count)), site_count - 1)
        site, phase = sites[number], event / event_count
        wanted = int(rng.random() * 2**30 * (3 if number < 4 else 1) * (0.2 + 1.6 * phase if phase < 0.6 else 1.4 - phase))
        wanted = 0 if rng.random() < 0.2 or event > event_count - site_count // 2 else wanted // 2**20 * 2**20
        if wanted > levels[number]:
            site['total_bytes'] += wanted - levels[number]
            site['total_count'] += 1
        totals[site['device']] += wanted - levels[number]
        levels[number] = wanted
        when.append(at)
        which.append(number)
        live.append(wanted)
        if totals[site['device']] > peaks[site['device']]:
            peaks[site['device']] = totals[site['device']]
            for other, level in zip(sites, levels):
                if other['device'] == site['device']:
                    other['peak_bytes'] = level
    for site, level in zip(sites, levels):
        site['live_bytes'], site['live_count'] = level, int(level > 0)
    devices = []
    for ordinal in range(device_count):
        own = [s for s in sites if s['device'] == ordinal]
        calls, left = sum(s['total_count'] for s in own), sum(s['live_count'] for s in own)
        devices.append({'ordinal': ordinal, 'uuid': f'GPU-{ordinal:08x}', 'name': 'Sample GPU 80GB',
                        'total_bytes': 80 * 2**30, 'limit_bytes': peaks[ordinal] * 9 // 8 // 2**30 * 2**30 or None,
                        'live_bytes': totals[ordinal], 'peak_bytes': peaks[ordinal], 'allocations': calls,
                        'frees': calls - left, 'refused': 2 * (ordinal == 0), 'refused_bytes': 2**32 * (ordinal == 0)})
    report = {'schema': 'rac.report/1', 'version': '0.1.0',
              'process': {'pid': 4711, 'ppid': 1, 'executable': '/usr/bin/python3.12',
                          'command': ['python3', 'train.py', '--epochs', '3'], 'host': 'node7', 'rank': '0',
                          'started': '2026-01-01T00:00:00Z', 'seconds': max(at / 1e9, 95.0),
                          'end': {'how': 'exit', 'status': 0}},
              'devices': devices, 'sites': sites}
    if event_count:
        report['timeline'] = timeline(sites, when, which, live, at // 6)
    json.dump(report, sys.stdout)


main()
