#!/bin/sh
# ci.sh - the forms of `rac export` for a CI: what was found, once, at the right line of the repository, under a
# fingerprint that lasts, and whatever the names hold. That their sums are the report's is export.sh's.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json export
unset GITHUB_STEP_SUMMARY
mkdir -p "$T/repo/.git" "$T/repo/src/deep" "$T/elsewhere"
: >"$T/repo/src/kv.cu"
export REPO="$T/repo"

# found TO STATEMENT: a report of one process that left memory at one place of the repository, changed.
found() {
	changed "$1" '
import os
repo = os.environ["REPO"]
r["verdict"] = {"conditions": [], "exit_code": 0}
site = r["sites"][1]
site.update(id="9f2c5b1e", device=0, grade="leak", api="cuMemAlloc_v2", owner="libkv.so", live_bytes=2048, live_count=2)
frame = lambda function, file, line: {"module": "/opt/libkv.so", "build_id": "", "offset": 1, "function": function,
    "file": file, "line": line, "language": "native"}
site["frames"] = [frame("std::allocate", "/usr/include/c++/12/new", 7), frame("KVCache::grow", repo + "/src/kv.cu", 118),
    frame("main", repo + "/src/main.cu", 5)]
r["sites"] = sites = [site]
p = r["process"]
'"${2-}"
}
# in_repo FLAG…: rac export, run in a folder of the repository.
in_repo() {
	run env -C "$T/repo/src/deep" "$RAC" export "$@"
}
# of EXPRESSION: of the SARIF that was printed, s, and its results.
of() {
	"$PYTHON" -c 'import json, sys
s = json.load(open(sys.argv[1])); results = s["runs"][0]["results"]
place = lambda n: results[n]["locations"][0]["physicalLocation"]
prints = [r["partialFingerprints"]["racSite/v1"] for r in results]
print('"$1"')' "$T/out" 2>&1
}
grown='{"condition": "leak>1K", "value": 2048, "failed": True}'
peak='{"condition": "peak>1G", "value": 3221225472, "failed": True}'
held='{"condition": "leaks>9", "value": 1, "failed": False}'

found "$T/leak.json"
in_repo --format sarif "$T/leak.json"
ended 'a leak is found' 0 ''
is 'at the innermost line of the repository around the current folder' "$(of 'place(0)')" \
	"{'artifactLocation': {'uri': 'src/kv.cu', 'uriBaseId': '%SRCROOT%'}, 'region': {'startLine': 118}}"
is 'with its whole stack' "$(of '[f["location"]["message"]["text"].split(" ")[0]
	for f in results[0]["stacks"][0]["frames"]]')" "['std::allocate', 'KVCache::grow', 'main']"
is 'and words' "$(of 'results[0]["message"]["text"]')" \
	'2.00 KiB in 2 allocations never freed: cuMemAlloc_v2 by libkv.so in KVCache::grow, device 0, in python3.12'
is 'where nobody judged it is a warning' "$(of 'results[0]["level"]')" warning
in_repo --format sarif --source-root "$T/elsewhere" "$T/leak.json"
is 'outside the sources the program is named' "$(of 'place(0)')" \
	"{'artifactLocation': {'uri': 'python3.12'}, 'region': {'startLine': 1}}"
in_repo --format sarif --source-root "$T/none" "$T/leak.json"
ended 'sources that are not there are said' 125 \
	"rac export: cannot use '$T/none' as the root of the sources: No such file or directory"
found "$T/paths.json" 'site["frames"] = [frame("a", repo + "/../outside.cu", 1), frame("b", repo + "2/src/kv.cu", 2),
	frame("c", "src/none.cu", 3), frame("d", "../x.cu", 4), frame("e", "./src//deep/../kv.cu", 5)]'
in_repo --format gitlab "$T/paths.json"
contains 'paths are followed as text, and relative ones only where there is such a file' "$(cat "$T/out")" \
	'"location":{"path":"src/kv.cu","lines":{"begin":5}}'

found "$T/moved.json" 'site["frames"][1]["line"] += 40; site["frames"][1]["offset"] += 64'
for form in sarif gitlab; do
	in_repo --format $form "$T/leak.json"
	sed 's/118/LINE/g' "$T/out" >"$T/before"
	in_repo --format $form "$T/moved.json"
	is "$form: a line that moved is the same finding" "$(sed 's/158/LINE/g' "$T/out" | cmp - "$T/before" 2>&1)" ''
done
in_repo --format junit "$T/leak.json"
is 'junit: so is a test' "$(grep -o 'name="9f2[^"]*"' "$T/out")" 'name="9f2c5b1e src/kv.cu"'
found "$T/lines.json" 'sites.append(dict(site, frames=[frame("KVCache::grow", repo + "/src/kv.cu", 9)]))'
in_repo --format sarif "$T/lines.json"
is 'two lines of one id are two findings' "$(of 'sorted(prints)')" "['9f2c5b1e', '9f2c5b1e-2']"

found "$T/rank1.json" 'p["pid"], p["rank"] = 7, "1"
sites.append(dict(site, device=1, live_bytes=5))'
in_repo --format sarif "$T/leak.json" "$T/rank1.json"
is 'the same place of several processes and devices is one finding' \
	"$(of '(len(results), results[0]["properties"])')" "(1, {'bytes': 4101, 'count': 6, 'processes': 2})"
contains 'which says in how many' "$(of 'results[0]["message"]["text"]')" ', in 2 processes'
for how in killed signal running exec; do
	found "$T/gone.json" "p['end'] = {'how': '$how', 'status': 9}"
	in_repo --format sarif "$T/gone.json"
	is "what was held at the end $how is no leak" "$(of 'len(results)')" 0
done
found "$T/kinds.json" 'sites[:] = [dict(site, id=str(n), grade=g) for n, g in enumerate(
	("leak", "suppressed", "pool", "library", "once", "referenced"))]'
in_repo --format sarif "$T/kinds.json"
is 'what is suppressed is said to be, and what is no leak is not there' \
	"$(of '[(r["level"], r.get("suppressions")) for r in results]')" \
	"[('warning', None), ('note', [{'kind': 'external'}])]"
in_repo --format junit "$T/kinds.json"
is 'as a test it is skipped' "$(grep -c '<skipped message="suppressed"/>' "$T/out")" 1
in_repo --format gitlab "$T/kinds.json"
is 'gitlab has no word for it' "$(grep -o '"type":"issue"' "$T/out" | wc -l)" 1

found "$T/failed.json" "r['verdict']['conditions'] = [$held, $grown, $peak]"
in_repo --format sarif "$T/failed.json"
is 'what a condition fails for is an error, and so are conditions, the worst first' \
	"$(of '[(r["level"], r["message"]["text"].split(" by")[0]) for r in results]')" \
	"[('error', 'leak>1K failed: 2.00 KiB, in python3.12'), ('error', 'peak>1G failed: 3.00 GiB, in python3.12'), ('error', '2.00 KiB in 2 allocations never freed: cuMemAlloc_v2')]"
in_repo --format junit "$T/failed.json"
is 'each condition is a test' "$(grep -o 'classname="rac.condition" name="[^"]*"' "$T/out")" \
	'classname="rac.condition" name="leaks&gt;9"
classname="rac.condition" name="leak&gt;1K"
classname="rac.condition" name="peak&gt;1G"'
is 'and the counts are right' "$(sed -n 2p "$T/out")" '<testsuites tests="4" failures="3" errors="0" skipped="0">'
found "$T/tolerated.json" "r['verdict']['conditions'] = [$held, $peak]"
in_repo --format sarif "$T/tolerated.json"
is 'what the conditions tolerate is a note' "$(of 'results[1]["level"]')" note
in_repo --format junit "$T/tolerated.json"
is 'and a test that passes' "$(sed -n 2p "$T/out" | grep -o 'failures="[0-9]*"')" 'failures="1"'
in_repo --format ctest "$T/tolerated.json"
contains 'and no leak for ctest' "$(cat "$T/out")" 'LEAK SUMMARY: 0 bytes leaked'

found "$T/unjudged.json" "r['verdict']['conditions'] = [dict($held, condition='growth', unjudged='no checkpoints'), $held]"
in_repo --format junit "$T/unjudged.json"
is 'a condition that nobody judged did not pass' \
	"$(sed -n 2p "$T/out" | cut -d ' ' -f 2-):$(grep -c '"growth".*<skipped message="growth was not judged: no checkpoints, in' "$T/out")" \
	'tests="3" failures="0" errors="0" skipped="1">:1'
in_repo --format github "$T/unjudged.json"
contains 'which is a notice' "$(cat "$T/out")" '::notice title=growth was not judged::growth was not judged: no checkpoints, in'
found "$T/both.json" "r['verdict']['conditions'] = [dict($grown, condition='growth', value=1)]"
in_repo --format sarif "$T/unjudged.json" "$T/both.json"
is 'one that failed in another process failed' \
	"$(of '[(r["level"], r["message"]["text"]) for r in results if r["ruleId"] == "RAC002"]')" \
	"[('error', 'growth failed: 1, in python3.12')]"

export GITHUB_STEP_SUMMARY="$T/summary"
echo before >"$T/summary"
in_repo --format github "$T/failed.json"
is 'github: annotations stand at their lines' "$(cat "$T/out")" \
	'::error title=leak>1K failed::leak>1K failed: 2.00 KiB, in python3.12
::error title=peak>1G failed::peak>1G failed: 3.00 GiB, in python3.12
::error file=src/kv.cu,line=118,title=GPU memory leak::2.00 KiB in 2 allocations never freed: cuMemAlloc_v2 by libkv.so in KVCache::grow, device 0, in python3.12'
is 'and a table behind what others wrote' "$(sed -n '1,6p' "$T/summary" | cut -c 1-36)" 'before
### GPU memory

| | what | where | id |
|---|---|---|---|
| error | leak\>1K failed\: 2.00 KiB'
found "$T/many.json" 'sites[:] = [dict(site, id="%08x" % n) for n in range(150)]'
in_repo --format github "$T/many.json"
is 'of many as many are annotations as are shown' "$(grep -c '^::warning' "$T/out")" 10
contains 'and the table is not endless' "$(tail -n 1 "$T/summary")" 'and 50 more'
in_repo --format github "$T/gone.json"
contains 'nothing found is said' "$(tail -n 1 "$T/summary")" 'Nothing was left and no condition failed, in 1 process.'
GITHUB_STEP_SUMMARY="$T/none/summary" in_repo --format github "$T/leak.json"
ended 'a summary that cannot be written is said' 125 \
	"rac export: cannot write the step summary, GITHUB_STEP_SUMMARY='$T/none/summary': No such file or directory"

# Names from outside.
found "$T/hostile.json" '
bad = "a\n::error::x\r%0A,b:|`<b>&\"]]>\\\x1b[31m\x85\u202e\ufffe"
p["executable"] = "/" + bad; site["id"] = bad; site["owner"] = site["api"] = bad
site["frames"] = [frame(bad, repo + "/src/" + bad, 3)]
r["verdict"]["conditions"] = [{"condition": "leak>1" + bad, "value": 1, "failed": True}]'
: >"$T/summary"
for form in sarif junit github gitlab ctest; do
	in_repo --format $form "$T/hostile.json"
	ended "$form takes names of any bytes" 0 ''
	is "$form: of them no control characters are left" \
		"$(LC_ALL=C tr -d '\n -~\200-\377' <"$T/out" | wc -c)" 0
	is "$form: what it holds can be read" \
		"$("$PYTHON" tests/lib/exports.py "$form" "$T/out" "$T/hostile.json" 2>&1)" ''
done
in_repo --format github "$T/hostile.json"
is 'no name begins a command of its own' "$(grep -c '^::error' "$T/out"):$(wc -l <"$T/out")" 2:2
is 'nor a property' "$(grep -c '^::error file=src/a\\x0a%3A%3Aerror%3A%3Ax\\x0d%250A%2Cb%3A' "$T/out")" 1
is 'nor a cell of the table' "$(grep '^| error' "$T/summary" | grep -c '[^\\]|[^ ]')" 0
is 'nor a tag' "$(grep -c '<b>' "$T/summary")" 0
in_repo --format ctest "$T/hostile.json"
is 'nor a line of its own for ctest' "$(grep -vc '^=========' "$T/out")" 0
unset GITHUB_STEP_SUMMARY
finish
