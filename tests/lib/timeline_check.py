#!/usr/bin/env python3
"""timeline_check.py - what is wrong with the timeline of a report; nothing where it adds up.

timeline_check.py REPORT [folded|whole]: the second word says whether some of it must be folded, or nothing may be.
"""
import json
import sys


def main():
    report = json.load(open(sys.argv[1]))
    t, sites = report.get('timeline'), report['sites']
    if t is None:
        return ['there is no timeline']
    wrong = []
    columns = ['at_ns', 'site', 'device', 'live_bytes', 'device_bytes', 'most_bytes', 'stands_for']
    if len({len(t[c]) for c in columns}) != 1:
        return ['the columns differ in length']
    levels, held, most = {}, {}, {}
    for at, site, device, live, of_device, high in zip(*(t[c] for c in columns[:6])):
        if site is not None:
            levels[site] = live
        held[device] = of_device
        most[device] = max(most.get(device, 0), high)
    if any(b < a for a, b in zip(t['at_ns'], t['at_ns'][1:])):
        wrong.append('time goes backwards')
    for i, site in enumerate(sites):
        if levels.get(i, 0) != site['live_bytes']:
            wrong.append(f'site {i} ends at {levels.get(i)}, not {site["live_bytes"]}')
    for device in report['devices']:
        ordinal = device['ordinal']
        if held.get(ordinal, 0) != device['live_bytes']:
            wrong.append(f'device {ordinal} ends at {held.get(ordinal)}, not {device["live_bytes"]}')
        if most.get(ordinal, 0) != device['peak_bytes']:
            wrong.append(f'device {ordinal} has at most {most.get(ordinal)}, not {device["peak_bytes"]}')
    pinned = report['host']['pinned']
    if held.get(None, 0) != pinned['live_bytes'] or most.get(None, 0) != pinned['peak_bytes']:
        wrong.append(f'pinned memory ends at {held.get(None)} of {most.get(None)}, not {pinned}')
    calls = pinned['allocations'] + pinned['frees'] + sum(d['allocations'] + d['frees'] for d in report['devices'])
    # A pool's growth is an event of its own.
    if sum(t['stands_for']) + t['missed'] < calls:
        wrong.append(f'{sum(t["stands_for"])} events of {calls}')
    if t['missed'] or 0 in t['stands_for']:
        wrong.append(f'{t["missed"]} were missed, {t["stands_for"].count(0)} made up')
    if len(sys.argv) > 2 and (t['coarse_until_ns'] > 0) != (sys.argv[2] == 'folded'):
        wrong.append(f'it is folded until {t["coarse_until_ns"]}')
    return wrong


print('\n'.join(main()))
