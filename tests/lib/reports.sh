# reports.sh - reports for tests of the verbs that read them. Sourced after assert.sh.
#
# Sets GOLDEN, the report of tests/data/reports that was checked by hand.
# shellcheck shell=sh

# shellcheck disable=SC2034  # for those who source this
GOLDEN=tests/data/reports/train.json
PYTHON=${PYTHON:-python3}

# changed TO STATEMENT: writes the golden report after a Python statement changed it, r; see timeline.py.
changed() {
	"$PYTHON" -c '
import json, sys
sys.path.insert(0, "tests/lib")
from timeline import timeline
r = json.load(open(sys.argv[1]))
exec(sys.argv[3])
json.dump(r, open(sys.argv[2], "w"))' "$GOLDEN" "$1" "$2"
}

# needs_json VERB: ends the test where rac was built without json-c.
needs_json() {
	case $("$RAC" "$@" "$GOLDEN" 2>&1) in
	*json-c*)
		skip "rac $1" 'built without json-c'
		finish
		;;
	esac
}
