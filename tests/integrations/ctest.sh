#!/bin/sh
# ctest.sh - integrations/ctest/rac-memcheck as the memory checker of the real ctest.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

if ! command -v ctest >/dev/null; then
	skip 'ctest finds a leak' 'there is no ctest here'
	finish
fi
mkdir "$T/project"
cat >"$T/project/CTestTestfile.cmake" <<-END
	add_test(leaky "$APPS/demo")
	add_test(clean "$APPS/nocuda")
END
cat >"$T/project/DartConfiguration.tcl" <<-END
	BuildDirectory: $T/project
	SourceDirectory: $PWD
	MemoryCheckType: CudaSanitizer
	CudaSanitizerCommand: $PWD/integrations/ctest/rac-memcheck
	MemoryCheckCommandOptions: --limit=640M
END
run env -C "$T/project" RAC="$RAC" ctest -T memcheck
contains 'ctest finds a leak' "$(cat "$T/out")" 'leaky ............................   Defects: '
contains 'and counts it' "$(cat "$T/out")" 'Memory leak - 1'
is 'and none in a program without' "$(grep -c 'clean .*Defects' "$T/out")" 0
sed -i 's/--limit=640M/& --fail-on=leak/' "$T/project/DartConfiguration.tcl"
run env -C "$T/project" RAC="$RAC" ctest -T memcheck
contains 'with a condition the test that leaks fails, too' "$(cat "$T/out")" '(Failed)'
is 'that one alone' "$(grep -c '(Failed)' "$T/out")" 1
finish
