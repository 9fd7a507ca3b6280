"""pytest_rac_track - the pytest plugin: limits on the GPU memory of a test, on what it leaves behind, and a summary.
What the figures are is rac_track_shim's and the library's business.

    rac run -- pytest

A test is measured while its own function runs, so what its fixtures took is not charged to it. What other tests left
is not either: all figures are differences to what was held when it began.
"""

import re

import pytest
from rac_track_shim import Shim, settle, size, words

MARKERS = {
    "limit_vram": "limit_vram(SIZE): the test fails if it takes more than SIZE on any GPU, beyond what was held when"
    " it began",
    "limit_vram_leaks": "limit_vram_leaks(SIZE, warmups=1): the test is run `warmups` times, then once more, and fails"
    " if that leaves more than SIZE on any GPU",
}
ABSENT = "librac_track is not loaded, so GPU memory cannot be measured; run the tests with: rac run -- pytest"
NOTHING = ("gpu_memory", "not used")
PROPERTY = re.compile(r"gpu(\d+)_(peak|added|left)_bytes")


def pytest_addoption(parser):
    group = parser.getgroup("rac_track", "GPU memory (librac_track)")
    group.addoption("--rac-required", action="store_true",
                    help="end at once where librac_track is not loaded, instead of skipping tests with limits")
    group.addoption("--rac-top", type=int, default=10, metavar="N",
                    help="how many tests the summary names, those that took most first (10)")


def pytest_configure(config):
    for name, text in MARKERS.items():
        config.addinivalue_line("markers", text)
    config.rac_shim = Shim.find()
    if config.rac_shim is None and config.getoption("--rac-required"):
        raise pytest.UsageError(f"--rac-required: {ABSENT}")


def pytest_report_header(config):
    return "librac_track: loaded" if config.rac_shim else f"librac_track: {ABSENT}"


class Limits:
    """What the markers of a test ask for; None for what they do not."""

    def __init__(self, item):
        self.peak = self.leak = None
        self.warmups = 0
        mark = item.get_closest_marker("limit_vram")
        if mark is not None:
            self.peak, _ = self._read(mark, set())
        mark = item.get_closest_marker("limit_vram_leaks")
        if mark is not None:
            self.leak, options = self._read(mark, {"warmups"})
            self.warmups = options.get("warmups", 1)
            if type(self.warmups) is not int or self.warmups < 0:
                raise ValueError(f"limit_vram_leaks: warmups={self.warmups!r} is no number of runs")

    @staticmethod
    def _read(mark, known):
        unknown = set(mark.kwargs) - known
        if len(mark.args) != 1 or unknown:
            raise ValueError(f"{mark.name} wants {MARKERS[mark.name].partition(':')[0]}")
        try:
            return size(mark.args[0]), mark.kwargs
        except ValueError as why:
            raise ValueError(f"{mark.name}: {why}") from None

    def any(self):
        return self.peak is not None or self.leak is not None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    marked = any(item.get_closest_marker(name) for name in MARKERS)
    if item.config.rac_shim is None:
        if marked:
            pytest.skip(ABSENT)
        return
    limits, wrong = None, None
    try:
        limits = Limits(item)
    except ValueError as why:
        wrong = str(why)
    if wrong:
        pytest.fail(wrong, pytrace=False)
    # In the place of the method itself, so that it may run several times and whatever it calls: functions,
    # coroutines, unittest's cases. A test that is run again begins with the method.
    test = type(item).runtest.__get__(item)
    item.runtest = lambda: measure(item, item.config.rac_shim, limits, test)


def measure(item, shim, limits, test):
    """Runs the test as often as its limits ask for, and judges it. Checkpoints are not made: they would change what
    the report of the whole process calls a leak."""
    used = False
    for _ in range(limits.warmups + 1):
        if limits.any():
            settle()
        before = shim.live()
        shim.restart_peaks()
        try:
            if limits.any():
                with shim.scope(item.nodeid):
                    test()
            else:
                test()
        finally:
            peaks = shim.peaks()
            if limits.any():
                settle()
            figures = note(item, before, peaks, shim.live())
            used = used or bool(figures)
        if limits.peak is not None:
            judge_peak(limits.peak, figures)
    if limits.leak is not None:
        judge_leak(limits, figures)
    if limits.any() and not used:
        item.user_properties.append(NOTHING)


def note(item, before, peaks, after):
    """{device: (added, held before, left)} of those that the test used; also as properties of its report."""
    figures = {}
    for device, (first, peak, last) in enumerate(zip(before, peaks, after)):
        added = max(peak - first, 0)
        if added or last != first:
            figures[device] = added, first, last - first
    item.user_properties[:] = [p for p in item.user_properties if not PROPERTY.fullmatch(p[0])]
    for device, (added, first, left) in figures.items():
        for name, value in (("peak", first + added), ("added", added), ("left", left)):
            item.user_properties.append((f"gpu{device}_{name}_bytes", value))
    return figures


def judge_peak(limit, figures):
    for device, (added, held, _) in figures.items():
        if added > limit:
            pytest.fail(f"the test took {words(added)} ({added} bytes) on device {device}, limit_vram is {words(limit)};"
                        f" {words(held)} were held when it began", pytrace=False)


def judge_leak(limits, figures):
    for device, (_, _, left) in figures.items():
        if left > limits.leak:
            runs = f" in run {limits.warmups + 1}" if limits.warmups else ""
            pytest.fail(f"the test left {words(left)} ({left} bytes) on device {device}{runs}, limit_vram_leaks is"
                        f" {words(limits.leak)}; `rac run --fail-on leak -- pytest …` says who took it", pytrace=False)


def pytest_terminal_summary(terminalreporter, config):
    """From the reports alone, since with xdist the tests ran elsewhere."""
    rows, skipped, unused = [], 0, []
    for reports in terminalreporter.stats.values():
        for report in reports:
            if not isinstance(report, pytest.TestReport):
                continue
            if report.skipped and report.when == "setup" and ABSENT in str(report.longrepr):
                skipped += 1
            if report.when != "call":
                continue
            rows += table_rows(report)
            if NOTHING in map(tuple, report.user_properties):
                unused.append(report.nodeid)
    top = config.getoption("--rac-top")
    if not (skipped or unused or (rows and top)):
        return
    terminalreporter.section("GPU memory (librac_track)")
    print_table(terminalreporter, rows, top)
    if unused:
        terminalreporter.write_line(f"{count(unused)} with a limit used no GPU memory, so nothing was tested:"
                                    f" {', '.join(sorted(unused))}", yellow=True)
    if skipped:
        terminalreporter.write_line(f"{count(range(skipped))} with a limit skipped: {ABSENT}", yellow=True, bold=True)


def count(tests):
    return f"{len(tests)} test{'' if len(tests) == 1 else 's'}"


def table_rows(report):
    """(added, device, peak, left, test) of each device that it used."""
    devices = {}
    for name, value in report.user_properties:
        found = PROPERTY.fullmatch(name)
        if found:
            devices.setdefault(int(found.group(1)), {})[found.group(2)] = value
    return [(f["added"], device, f["peak"], f["left"], report.nodeid) for device, f in devices.items()]


def print_table(to, rows, top):
    if not (rows and top > 0):
        return
    rows.sort(key=lambda row: (-row[0], row[4], row[1]))
    to.write_line(f"{'took':>9}  {'peak':>9}  {'left':>9}  device  test")
    for added, device, peak, left, test in rows[:top]:
        to.write_line(f"{words(added):>9}  {words(peak):>9}  {words(left):>9}  {device:>6}  {test}")
    if len(rows) > top:
        to.write_line(f"… and {len(rows) - top} more (--rac-top)")
