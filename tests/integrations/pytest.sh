#!/bin/sh
# pytest.sh - the plugin of integrations/pytest, installed by pip, in real pytest: the newest, the oldest that it
# supports, and with xdist. The name of each test of tests/integrations/pytest says what should become of it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/venv.sh

samples=tests/integrations/pytest
export SIM SIMCUDA_DEVICES=2 PYTHONDONTWRITEBYTECODE=1 PY_COLORS=0

# What pip builds stays out of the tree.
cp -r integrations/pytest "$T/plugin" && rm -rf "$T/plugin/build" "$T"/plugin/*.egg-info
is 'its version is the one of all' "$(sed -n 's/^version = "\(.*\)"/\1/p' "$T/plugin/pyproject.toml")" \
	"$("$RAC" --version | grep -o '[0-9][0-9.]*[0-9]' | head -n 1)"

# tested [VARIABLE=VALUE…] -- ARGUMENT…: pytest under the shim, or alone where ALONE is set.
tested() {
	rm -f "$T/junit.xml" "$T/report.json"
	if [ -n "${ALONE:-}" ]; then
		set -- "$venv/bin/python" -m pytest "$@"
	else
		set -- env LD_PRELOAD="$SHIM" RAC_REPORT="$T/report.json" "$venv/bin/python" -m pytest "$@"
	fi
	run "$@" -p no:cacheprovider --strict-markers --junit-xml "$T/junit.xml"
}

# fates: what became of the tests whose names say something else.
fates() {
	"$PYTHON" - "$T/junit.xml" <<'EOF'
import re
import sys
import xml.etree.ElementTree as tree

cases = list(tree.parse(sys.argv[1]).iter("testcase"))
for case in cases:
    became = next((c.tag for c in case if c.tag in ("failure", "error", "skipped")), "passes")
    expected = re.match("test_(passes|fails|errors)", case.get("name")).group(1)
    if {"failure": "fails", "error": "errors"}.get(became, became) != expected:
        print(case.get("name"), became)
print(len(cases) > 15)
EOF
}

# properties TEST: its properties, in one line.
properties() {
	"$PYTHON" - "$T/junit.xml" "$1" <<'EOF'
import sys
import xml.etree.ElementTree as tree

case = next(c for c in tree.parse(sys.argv[1]).iter("testcase") if c.get("name") == sys.argv[2])
print(*(f'{p.get("name")}={p.get("value")}' for p in case.iter("property")))
EOF
}

# judged NAME ARGUMENT…: what must hold in whichever pytest.
judged() {
	judged_name=$1
	shift
	tested "$samples" "$@"
	ended "$judged_name: some fail" 1 ''
	is "$judged_name: each test ends as its name says" "$(fates)" True
	contains "$judged_name: what was too much is said" "$(cat "$T/out")" \
		'the test took 3.50 MiB (3670016 bytes) on device 0, limit_vram is 3.00 MiB; 64.0 MiB were held when it began'
	contains "$judged_name: what was left is said" "$(cat "$T/out")" \
		'the test left 1.00 MiB (1048576 bytes) on device 0 in run 3, limit_vram_leaks is 1.00 KiB'
	contains "$judged_name: so is a size that cannot be read" "$(cat "$T/out")" \
		"limit_vram: 'lots' is no size; right are for example '1 GB', '512 KiB' and 4096"
	is "$judged_name: the figures are in the JUnit file" "$(properties test_fails_over_its_limit)" \
		'gpu0_peak_bytes=70778880 gpu0_added_bytes=3670016 gpu0_left_bytes=0'
	is "$judged_name: also of the second device" "$(properties test_fails_on_the_other_device)" \
		'gpu1_peak_bytes=2097152 gpu1_added_bytes=2097152 gpu1_left_bytes=0'
	contains "$judged_name: the summary begins with the test that took most" \
		"$(grep -A 1 'took *peak *left *device *test' "$T/out" | tail -n 1)" 'test_passes_unlimited'
	contains "$judged_name: a test that tested nothing is named" "$(cat "$T/out")" \
		'1 test with a limit used no GPU memory, so nothing was tested: '
}

if venv_make pytest 'setuptools wheel pytest pytest-xdist' "$T/plugin"; then
	judged newest
	is 'a test is a scope of the report' \
		"$(report '[s["live_bytes"] for s in r["sites"] if s.get("scope", "").endswith("::test_fails_leaking")
			and "Unittest" not in s["scope"]]')" '[3145728]'
	judged xdist -n 2
	tested "$samples" --rac-top 0 -k unlimited
	is 'no summary where none is wanted' "$(grep -c 'GPU memory' "$T/out")" 0
	run "$RAC" run --limit 80M --report none -- "$venv/bin/python" -m pytest -p no:cacheprovider "$samples" -k unlimited
	contains 'rac run caps the tests' "$(cat "$T/out")" '1 failed'

	ALONE=yes
	tested "$samples"
	ended 'without the library tests without limits pass' 0 ''
	contains 'and those with limits are skipped' "$(cat "$T/out")" '1 passed, 17 skipped'
	contains 'which is said at the end' "$(cat "$T/out")" \
		'17 tests with a limit skipped: librac_track is not loaded, so GPU memory cannot be measured; run the tests with: rac run -- pytest'
	tested "$samples" -n 2
	contains 'also with xdist' "$(cat "$T/out")" '17 tests with a limit skipped'
	tested "$samples" --rac-required
	ended 'where it is required nothing runs' 4
	contains 'and that is said' "$(cat "$T/err")" '--rac-required: librac_track is not loaded'
	ALONE=

	PATH=$venv/bin:$PATH run scripts/check-readme.sh docs/pytest.md
	ended 'docs/pytest.md does what it says' 0
	grep '^not ok' -A 20 "$T/out"
else
	skip 'the plugin in pytest' "$venv_why"
fi

if venv_make pytest-7.0 'setuptools wheel pytest==7.0.*' "$T/plugin"; then
	judged oldest
else
	skip 'the plugin in the oldest pytest' "$venv_why"
fi
finish
