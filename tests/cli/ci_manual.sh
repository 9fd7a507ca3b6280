#!/bin/sh
# ci_manual.sh - the transcripts of docs/ci.md are what the command prints.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json report
scripts/check-readme.sh docs/ci.md
