#!/usr/bin/env python3
"""html_page.py - reads a page of `rac report --format html` as a browser without scripts would.

html_page.py PAGE REPORT: prints what is wrong with the page: tags that do not match, anything that would be
loaded, markup that came in with a name, flame graphs and charts that are not what the report says.
"""
import html.parser
import json
import re
import sys

VOID = {'meta', 'br', 'input'}
KNOWN = VOID | set('''html head title style body a header main footer script h1 h2 h3 p small span div section dl dt dd
    table thead tbody tr th td code details summary ol li i b svg path'''.split())


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.wrong, self.open, self.flames, self.text = [], [], [], ''
        self.flame = self.words = None
        self.bars, self.rules, self.charts, self.rows, self.paths = [], {}, 0, 0, 0

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag not in KNOWN:
            self.wrong.append(f'<{tag}>')
        for name, value in attributes:
            if name in ('src', 'srcset', 'data') or name.startswith('on'):
                self.wrong.append(f'{name}="{value}"')
            if name == 'href' and not value.startswith('#'):
                self.wrong.append(f'href="{value}"')
            if re.search(r'url\(|expression|javascript:', value or '') and name != 'title':
                self.wrong.append(f'{name}="{value}"')
        classes = (a.get('class') or '').split()
        if 'flame' in classes:
            self.flame = []
            self.flames.append(self.flame)
        elif 'data-w' in a:
            self.flame.append((int(a['data-d']), float(a['data-l']), float(a['data-w']), a['title']))
        elif 'bar' in classes:
            self.bars.append([])
        elif tag == 'span' and 'width:' in (a.get('style') or '') and self.bars:
            self.bars[-1].append(float(re.search(r'width:([\d.]+)%', a['style'])[1]))
        elif 'chart' in classes:
            self.charts += 1
        elif 'rule' in classes:
            self.rules.setdefault('cap' if 'cap' in classes else 'peak', []).append(a['style'])
        self.rows += 'data-of' in a and a['data-of'] == 'id'
        self.paths += tag == 'path'
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f'</{tag}>')

    def handle_data(self, data):
        if self.open and self.open[-1] not in ('script', 'style'):
            self.text += data


def size(count):
    for unit in ('B', 'KiB', 'MiB', 'GiB', 'TiB'):
        if count < 1024 or unit == 'TiB':
            break
        count /= 1024
    if unit == 'B':
        return f'{int(count)} B'
    digits = 2 if count < 10 else 1 if count < 100 else 0
    cut = int(count * 10**digits + 1e-9) / 10**digits
    return f'{cut:.{digits}f} {unit}'


def check_flame(frames, wanted):
    if not frames or frames[0][:3] != (0, 0.0, 100.0):
        yield 'a flame graph does not begin with a box of the whole width'
    if f': {size(wanted)}, ' not in frames[0][3]:
        yield f'the first box says {frames[0][3]}, the report {size(wanted)}'
    for depth, left, width, title in frames[1:]:
        inside = [f for f in frames if f[0] == depth - 1 and f[1] <= left + 1e-3
                  and left + width <= f[1] + f[2] + 1e-3]
        if len(inside) != 1:
            yield f'{title} does not lie below one other box'
        if any(f[0] == depth and f[1] + 1e-3 < left + width and left + 1e-3 < f[1] + f[2]
               and (f[1], f[3]) != (left, title) for f in frames):
            yield f'{title} lies over another box'


def main():
    report = json.load(open(sys.argv[2]))
    source = open(sys.argv[1], encoding='utf-8', newline='').read()
    page = Page()
    page.feed(source)
    page.close()
    wrong = page.wrong + ([f'not closed: {page.open}'] if page.open else [])
    if re.search(r'[\x00-\x08\x0b-\x1f\x7f-\x9f]', source):
        wrong.append('there are control characters')
    if re.search(r'@import|url\(|https?://', re.sub(r'title="[^"]*"', '', source.split('<body>')[0])):
        wrong.append('the head loads something')
    places = report['devices'] + [report['host']['pinned']] if 'host' in report else report['devices']
    peaks = [d['peak_bytes'] for d in places if d['peak_bytes']]
    ends = [d['live_bytes'] for d in places if d['live_bytes']]
    if len(page.flames) != len(peaks) + len(ends):
        wrong.append(f'{len(page.flames)} flame graphs for {len(peaks)} peaks and {len(ends)} ends')
    for frames, wanted in zip(page.flames, peaks + ends):
        wrong += check_flame(frames, wanted)
    wrong += [f'a bar of {sum(bar)} %' for bar in page.bars if sum(bar) > 100.001]
    sites = sum(1 for s in report['sites'] if s['total_count'] or s['total_bytes'])
    if page.rows != min(sites, 5000):
        wrong.append(f'{page.rows} rows for {sites} sites')
    timeline = report.get('timeline')
    drawn = set(timeline['device']) if timeline else set()
    if page.charts != len(drawn) or (page.paths == 0) != (not drawn):
        wrong.append(f'{page.charts} charts and {page.paths} areas of {len(drawn)} devices')
    if len(page.rules.get('peak', [])) != len(drawn):
        wrong.append('not every chart has its peak marked')
    if ('No timeline was kept' in page.text) != (not drawn):
        wrong.append('the page does not say whether there is a timeline')
    print('\n'.join(wrong[:20]), end='')


main()
