#!/bin/sh
# groups_manual.sh - the transcript of docs/groups.md is what the command prints.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/members.sh

# Under a name of its own: others may run this test at the same time.
sed "s/\bteam\b/$G/g" docs/groups.md >"$T/groups.md"
scripts/check-readme.sh "$T/groups.md"
