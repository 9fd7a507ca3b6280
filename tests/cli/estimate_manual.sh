#!/bin/sh
# estimate_manual.sh - the transcripts of docs/estimate.md are what the command prints.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh

run "$RAC" estimate model tests/data/models/llama-3-8b.json
case $(cat "$T/err") in
*json-c*)
	skip 'docs/estimate.md' 'built without json-c'
	finish
	;;
esac
scripts/check-readme.sh docs/estimate.md
