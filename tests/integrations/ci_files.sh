#!/bin/sh
# ci_files.sh - the GitHub Action and the GitLab template fit their schemas, and the scripts in them do what they say.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/venv.sh

here=$PWD/integrations
if ! venv_make schemas 'check-jsonschema pyyaml'; then
	skip 'CI files fit their schemas' "$venv_why"
	finish
fi
# fits SCHEMA FILE
fits() {
	run "$venv/bin/check-jsonschema" --builtin-schema "vendor.$1" "$here/$2"
	ended "$2 fits its schema" 0 ''
}
fits github-actions github/action.yml
fits github-workflows github/workflow.yml
fits gitlab-ci gitlab/gpu-memory.gitlab-ci.yml

# part FILE EXPRESSION: what an expression over the YAML document y says, in $T/part.
part() {
	"$venv/bin/python" -c "import sys, yaml; y = yaml.safe_load(open(sys.argv[1])); print($2)" "$here/$1" >"$T/part" || finish
}

# The step, as GitHub runs it: inputs become variables, the script is bash -e.
part github/action.yml 'y["runs"]["steps"][0]["run"]'
is 'the action hands each input to its script' \
	"$("$venv/bin/python" -c '
import sys, yaml
y = yaml.safe_load(open(sys.argv[1]))
print(set(y["runs"]["steps"][0]["env"].values()) == {"${{ inputs.%s }}" % name for name in y["inputs"]})' "$here/github/action.yml")" True
cp "$T/part" "$T/action.sh"
# action FAIL_ON COMMAND
action() {
	rm -rf "$T/job"
	mkdir "$T/job"
	run env FAIL_ON="$1" COMMAND="$2" LIMIT=none RAC="$RAC" REPORTS="$T/job" GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY="$T/job/summary" \
		bash --noprofile --norc -eo pipefail "$T/action.sh"
}
action leak "$APPS/demo"
ended 'a command that leaks fails the step' 23
contains 'with an annotation at its line' "$(cat "$T/out")" '::error file=tests/apps/demo.c,line='
contains 'and a table' "$(cat "$T/job/summary")" 'demo'
is 'and both files' "$(cd "$T/job" && ls gpu-memory.*)" 'gpu-memory.sarif
gpu-memory.xml'
action 'leak>1G' "$APPS/demo && $APPS/demo"
ended 'one that does not passes it' 0
is 'with a report of each process' "$(find "$T/job" -name '*-*.json' | wc -l)" 2
action leak 'false; true'
ended 'a command that fails does so with its own status' 1
contains 'and one that used no GPU is said to have tested nothing' "$(cat "$T/out")" '::warning title=GPU memory::no process used CUDA'

# The job, as a runner runs it: both scripts in the folder of the project.
part gitlab/gpu-memory.gitlab-ci.yml '"set -eo pipefail\n" + "\n".join(y[".gpu-memory"]["script"])'
cp "$T/part" "$T/script.sh"
part gitlab/gpu-memory.gitlab-ci.yml '"\n".join(y[".gpu-memory"]["after_script"])'
cp "$T/part" "$T/after.sh"
mkdir "$T/project"
run env -C "$T/project" GPU_COMMAND="$APPS/demo" GPU_FAIL_ON=leak GPU_LIMIT=640M RAC="$RAC" bash "$T/script.sh"
ended 'a job that leaks fails' 23
contains 'under its cap' "$(cat "$T/out")" 'layer 6 does not fit'
run env -C "$T/project" RAC="$RAC" bash "$T/after.sh"
ended 'what was found is written afterwards' 0
for report in junit codequality; do
	part gitlab/gpu-memory.gitlab-ci.yml "y['.gpu-memory']['artifacts']['reports']['$report']"
	is "where the template says the $report report is" "$(test -s "$T/project/$(cat "$T/part")"; echo $?)" 0
done
run env -C "$T/project" GPU_COMMAND="exit 3" GPU_FAIL_ON=leak GPU_LIMIT=none RAC="$RAC" bash "$T/script.sh"
ended 'a command that fails does so with its own status, in a job' 3
run env -C "$T/project" RAC="$RAC" bash "$T/after.sh"
is 'and one that used no GPU is said so' "$(cat "$T/out")" 'no process used CUDA, so nothing was checked'
finish
