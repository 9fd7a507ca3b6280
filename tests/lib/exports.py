#!/usr/bin/env python3
"""exports.py - reads what `rac export` wrote and compares its sums with those of the report.

exports.py FORMAT FILE REPORT [live|peak|total|count]: prints what differs, and nothing if nothing does.
"""
import collections
import gzip
import json
import pickle
import re
import sys
import xml.etree.ElementTree


def fields(data):
    """The fields of a protocol buffer message: number -> values; messages stay bytes."""
    found = collections.defaultdict(list)
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            found[tag >> 3].append(varint())
        elif tag & 7 == 2:
            length = varint()
            assert at + length <= len(data), 'a message is cut'
            found[tag >> 3].append(data[at:at + length])
            at += length
        else:
            raise ValueError(f'wire type {tag & 7}')
    return found


def packed(data):
    values = []
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value)
            value = shift = 0
    return values


def of_devices(report, key):
    return {f'GPU {d["ordinal"]}': key(d) for d in report['devices'] if key(d)}


def of_places(report, key):
    """Devices, and the host with its pinned memory."""
    host = key(report['host']['pinned'])
    return of_devices(report, key) | ({'host': host} if host else {})


LIVE = lambda d: d['live_bytes']
PEAK = lambda d: d['peak_bytes']
CALLS = lambda d: d['allocations']
LEFT = lambda d: d['allocations'] - d['frees']


def sums(pairs):
    result = collections.Counter()
    for key, value in pairs:
        if value:
            result[key] += value
    return dict(result)


def pprof(path, report, _):
    profile = fields(gzip.open(path).read())
    strings = [s.decode() for s in profile[6]]
    types = [strings[fields(t)[1][0]] for t in profile[1]]
    functions = {fields(f)[1][0]: strings[fields(f)[2][0]] for f in profile[5]}
    locations = {fields(l)[1][0]: fields(l) for l in profile[4]}
    mappings = [fields(m)[1][0] for m in profile[3]]
    yield 'the first string', strings[0], ''
    yield 'strings', len(set(strings)), len(strings)
    values = collections.defaultdict(list)
    for sample in map(fields, profile[2]):
        tags = {strings[fields(l)[1][0]]: strings[fields(l)[2][0]] for l in sample[3]}
        for name, value in zip(types, packed(sample[2][0])):
            values[name].append((tags['device'], value))
        for location in packed(sample[1][0]):
            lines = [fields(line) for line in locations[location][4]]
            assert all(line[1][0] in functions for line in lines)
            assert all(m in mappings for m in locations[location][2])
            assert lines or locations[location][2], 'a location has neither name nor module'
    yield 'inuse_space', sums(values['inuse_space']), of_places(report, LIVE)
    yield 'peak_space', sums(values['peak_space']), of_places(report, PEAK)
    yield 'alloc_objects', sums(values['alloc_objects']), of_places(report, CALLS)
    yield 'inuse_objects', sums(values['inuse_objects']), of_places(report, LEFT)


def folded(path, report, value):
    found = []
    for line in open(path, newline='\n'):
        stack, figure = re.fullmatch(r'([^\n]*) (\d+)\n', line).groups()
        found.append((stack.split(';')[0], int(figure)))
    wanted = {'live': LIVE, 'peak': PEAK, 'count': CALLS}[value]
    yield value, sums(found), of_places(report, wanted)


def speedscope(path, report, _):
    document = json.load(open(path))
    frames = document['shared']['frames']
    yield '$schema', document['$schema'], 'https://www.speedscope.app/file-format-schema.json'
    for frame in frames:
        assert set(frame) <= {'name', 'file', 'line', 'col'} and isinstance(frame['name'], str)
    wanted = {'at the peak': PEAK, 'still allocated': LIVE, 'calls': CALLS}
    for profile in document['profiles']:
        assert profile['type'] == 'sampled' and profile['unit'] in ('bytes', 'none')
        yield 'samples', len(profile['samples']), len(profile['weights'])
        yield 'endValue', profile['endValue'], sum(profile['weights'])
        yield 'startValue', profile['startValue'], 0
        roots = [(frames[s[0]]['name'], w) for s, w in zip(profile['samples'], profile['weights'])]
        assert all(0 <= i < len(frames) for s in profile['samples'] for i in s)
        if profile['name'] in wanted:
            yield profile['name'], sums(roots), of_places(report, wanted[profile['name']])


def torch(path, report, _):
    class Plain(pickle.Unpickler):
        def find_class(self, module, name):
            raise ValueError(f'{module}.{name} would be imported')

    snapshot = Plain(open(path, 'rb')).load()
    found = []
    for segment in snapshot['segments']:
        assert sum(b['size'] for b in segment['blocks']) == segment['total_size']
        assert segment['blocks'][0]['address'] == segment['address']
        assert all({'filename', 'line', 'name'} == set(f) for f in segment['frames'])
        found.append((f'GPU {segment["device"]}', segment['allocated_size']))
    yield 'segments', sums(found), of_devices(report, LIVE)
    peaks, ends = {}, {}
    for device, trace in enumerate(snapshot['device_traces']):
        live = {}
        level = peak = 0
        for event in trace:
            if event['action'] == 'alloc':
                assert event['addr'] not in live
                live[event['addr']] = event['size']
                level += event['size']
            elif event['action'] == 'free_completed':
                level -= live.pop(event['addr'])
            peak = max(peak, level)
        peaks[f'GPU {device}'], ends[f'GPU {device}'] = peak, level
    yield 'the traces at their peaks', sums(peaks.items()), of_devices(report, PEAK)
    yield 'the traces at their ends', sums(ends.items()), of_devices(report, LIVE)


def prometheus(path, report, _):
    values = collections.defaultdict(list)
    seen = set()
    for line in open(path, newline='\n'):
        if line.startswith('#'):
            continue
        series, value = re.fullmatch(r'(.*) (\d+)\n', line).groups()
        assert series not in seen, series
        seen.add(series)
        name, labels = re.fullmatch(r'(\w+)\{(.*)\}', series).groups()
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        values[name].append((f'GPU {labels.get("device")}', int(value)))
    yield 'live', sums(values['rac_device_live_bytes']), of_devices(report, LIVE)
    yield 'peak', sums(values['rac_device_peak_bytes']), of_devices(report, PEAK)
    yield 'kinds', sums(values['rac_kind_live_bytes']), of_devices(
        report, lambda d: sum(k['live_bytes'] for k in d['kinds'].values()))
    yield 'owners', sums(values['rac_owner_peak_bytes']), of_devices(
        report, lambda d: sum(s['peak_bytes'] for s in report['sites']
                              if s['device'] == d['ordinal']))


def perfetto(path, report, _):
    tracks, last, end = {}, {}, None
    for packet in map(fields, fields(open(path, 'rb').read())[1]):
        assert packet[10] == [1]
        for descriptor in map(fields, packet[60]):
            tracks[descriptor[1][0]] = descriptor[2][0].decode() if descriptor[2] else ''
        for event in map(fields, packet[11]):
            assert event[11][0] in tracks
            if event[9] == [4]:
                last[tracks[event[11][0]]] = event[30][0]
            elif event[9] == [1]:
                begin = {fields(a)[10][0].decode(): fields(a)[3][0] for a in event[4]}
            else:
                end = packet[8][0]
    live = {k[:-5]: v for k, v in last.items() if k.endswith(' live') and v}
    yield 'counters', live, of_places(report, LIVE)
    owners = sums((re.match(r'GPU \d+|host', k).group(), v) for k, v in last.items()
                  if not k.endswith((' live', ' cap')))
    yield 'owners', owners, of_places(report, LIVE)
    peaks = {k[:-11]: v for k, v in begin.items() if k.endswith(' peak_bytes') and v}
    yield 'arguments', peaks, of_devices(report, PEAK)
    seconds = report['process'].get('seconds') or 0
    yield 'end', end, max(int(seconds * 1e9), (report.get('timeline') or {'at_ns': [0]})['at_ns'][-1])


def left(report, *grades):
    """What a CI is told of: live memory of these grades, if its process ended by itself."""
    if report['process']['end']['how'] not in ('exit', '_exit'):
        return 0
    return sum(s['live_bytes'] for s in report['sites'] if s['grade'] in grades)


def failed(report):
    return [c['condition'] for c in (report.get('verdict') or {}).get('conditions', []) if c['failed']]


def sarif(path, report, _):
    run, = json.load(open(path))['runs']
    rules = run['tool']['driver']['rules']
    results = run['results']
    for result in results:
        assert rules[result['ruleIndex']]['id'] == result['ruleId']
        assert result['message']['text'] and result['locations'][0]['physicalLocation']['artifactLocation']['uri']
        assert ('suppressions' in result) <= (result['level'] == 'note')
    prints = [r['partialFingerprints']['racSite/v1'] for r in results]
    yield 'fingerprints', len(set(prints)), len(prints)
    yield 'leaks', sum(r['properties']['bytes'] for r in results if 'suppressions' not in r), left(report, 'leak')
    yield 'suppressed', sum(r['properties']['bytes'] for r in results if 'suppressions' in r), left(report, 'suppressed')
    yield 'conditions', sum(r['ruleId'] == 'RAC002' for r in results), len(failed(report))


def junit(path, report, _):
    root = xml.etree.ElementTree.parse(path).getroot()
    suite, = root
    cases = list(suite)
    for of in root, suite:
        yield 'tests', int(of.get('tests')), len(cases)
        yield 'failures', int(of.get('failures')), sum(c.find('failure') is not None for c in cases)
        yield 'skipped', int(of.get('skipped')), sum(c.find('skipped') is not None for c in cases)
    names = [(c.get('classname'), c.get('name')) for c in cases]
    yield 'names', len(set(names)), len(names)
    conditions = (report.get('verdict') or {}).get('conditions', [])
    yield 'conditions', sum(n[0] == 'rac.condition' for n in names), len(conditions)
    yield 'leaks', sum(n[0] == 'rac.leak' for n in names), places(report, 'leak', 'suppressed')


def places(report, *grades):
    """Sites of all devices that are one place."""
    return len({json.dumps([s['id'], s['grade'], [[f['file'], f['line']] for f in s['frames']]])
                for s in report['sites'] if s['grade'] in grades and s['live_bytes']}) if left(report, *grades) else 0


def github(path, report, _):
    commands = [re.fullmatch(r'::(error|warning|notice) ((?:[^:%]|%3A|%2C|%25)*)::([^%]|%25|%0A)+\n', line)
                for line in open(path, newline='\n')]
    assert all(commands), 'a line is no command'
    yield 'annotations', len(commands), min(places(report, 'leak') + len(failed(report)), 10)


def gitlab(path, report, _):
    issues = json.load(open(path))
    for issue in issues:
        assert issue['severity'] in ('info', 'minor', 'major', 'critical', 'blocker')
        assert issue['location']['path'] and issue['location']['lines']['begin'] > 0 and issue['description']
    prints = [i['fingerprint'] for i in issues]
    yield 'fingerprints', len(set(prints)), len(prints)
    yield 'issues', len(issues), places(report, 'leak') + len(failed(report))


def ctest(path, report, _):
    leaked = re.findall(r'^========= Leaked ([0-9,]+) bytes at', open(path).read(), re.M)
    yield 'leaks', sum(int(n.replace(',', '')) for n in leaked), left(report, 'leak')
    summary, = re.findall(r'^========= LEAK SUMMARY: (\d+) bytes leaked', open(path).read(), re.M)
    yield 'summary', int(summary), left(report, 'leak')
    others = re.findall(r'^========= ([A-Z][a-z].*)', open(path).read(), re.M)
    yield 'defects', len(others), len(leaked) + len(failed(report))


def main():
    reader, path, report = globals()[sys.argv[1]], sys.argv[2], json.load(open(sys.argv[3]))
    for what, found, wanted in reader(path, report, (sys.argv + ['peak'])[4]):
        if found != wanted:
            print(f'{what}: {found}, the report has {wanted}')


main()
