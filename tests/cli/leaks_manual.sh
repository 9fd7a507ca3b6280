#!/bin/sh
# leaks_manual.sh - the transcripts of the pages about finding leaks are what the command prints.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json report
if ! "$RAC" doctor 2>/dev/null | grep -q 'names functions and lines' || [ ! -x "$B/apps/leaks/exception" ]; then
	skip 'pages about finding leaks' 'rac was built without elfutils, or there is no C++ compiler'
	finish
fi
scripts/check-readme.sh docs/leaks-cpp.md || assert_failed=1
unread=$(python3 tests/lib/unread_python.py)
if [ -n "$unread" ]; then
	skip 'the page about Python' "$unread"
else
	scripts/check-readme.sh docs/leaks-python.md || assert_failed=1
fi
finish
