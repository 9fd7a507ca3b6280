#!/bin/sh
# cdi.sh - `rac cdi` writes what it was asked for, and nothing else. What runtimes make of it is
# tests/integrations/containers.sh's.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh

PYTHON=${PYTHON:-python3}
# spec EXPRESSION: a Python expression over the last specification, s.
spec() {
	"$PYTHON" -c "import json, sys; s = json.load(open(sys.argv[1])); print($1)" "$T/out" 2>&1
}
library=/usr/lib/rac/librac_track.so

run "$RAC" cdi 4G quarter:25% pair:0=4G,1=2G
ended 'a specification is written to stdout' 0 ''
is 'of the version that has all that is in it' "$(spec 's["cdiVersion"], s["kind"]')" '0.5.0 rac.dev/vram'
is 'each cap is a device, and so is that of the environment' "$(spec '[(d["name"], d["containerEdits"]["env"]) for d in s["devices"]]')" \
	"[('4G', ['RAC_LIMIT=4G', 'LD_PRELOAD=$library']), ('quarter', ['RAC_LIMIT=25%', 'LD_PRELOAD=$library']), ('pair', ['RAC_LIMIT=0=4G,1=2G', 'LD_PRELOAD=$library']), ('env', ['LD_PRELOAD=$library'])]"
is 'the library is mounted, to be read' "$(spec 's["containerEdits"]')" \
	"{'mounts': [{'hostPath': '$(realpath "$B/librac_track.so")', 'containerPath': '$library', 'options': ['ro', 'nosuid', 'nodev', 'bind']}]}"
run "$RAC" cdi
is 'without caps there are usual ones' "$(spec '*(d["name"] for d in s["devices"])')" '1G 2G 4G 8G 16G 32G 64G env'

mkdir "$T/reports" "$T/status" "$T/etc"
run "$RAC" cdi --reports "$T/etc/../reports" --status-dir "$T/status" 4G
is 'folders for reports and status are mounted and named' "$(spec 's["containerEdits"]["env"],
	[(m["hostPath"], m["containerPath"], m["options"][0]) for m in s["containerEdits"]["mounts"][1:]]')" \
	"['RAC_STATUS_DIR=/run/rac', 'RAC_REPORT=/run/rac-reports/%h-%p.json'] [('$T/status', '/run/rac', 'rw'), ('$T/reports', '/run/rac-reports', 'rw')]"

run "$RAC" cdi --preload file --output "$T/etc/rac.json" 4G
ended 'by file' 0 ''
cp "$T/etc/rac.json" "$T/out"
is 'LD_PRELOAD is left alone' "$(spec '[d["containerEdits"].get("env") for d in s["devices"]]')" "[['RAC_LIMIT=4G'], None]"
is 'and ld.so.preload is mounted' "$(spec '{(m["hostPath"], m["containerPath"]) for d in s["devices"] for m in d["containerEdits"]["mounts"]}')" \
	"{('$T/etc/rac.json.ld.so.preload', '/etc/ld.so.preload')}"
is 'which names the library' "$(cat "$T/etc/rac.json.ld.so.preload")" "$library"

run "$RAC" cdi --preload file 4G
ended 'it needs a place' 2 'rac cdi: --preload file needs --output FILE, beside which that file is put; see rac cdi --help'
run "$RAC" cdi lots
ended 'a cap that is none' 2 \
	"rac cdi: RAC_LIMIT='lots' does not begin with a digit; write a size such as 8G, a percentage such as 80%, or none; see rac cdi --help"
run "$RAC" cdi 25%
ended 'a cap that cannot be a name' 2 \
	"rac cdi: '25%' cannot be the name of a device, which has up to 63 letters, digits and '-', '_', '.' within; write NAME:'25%'; see rac cdi --help"
run "$RAC" cdi -- -a:4G
ended 'a name that begins with a dash' 2
run "$RAC" cdi 4G a:1G a:2G
ended 'a name for two' 2 "rac cdi: there are two devices with the name 'a'; see rac cdi --help"
run "$RAC" cdi env:1G
ended 'a name that is taken' 2 "rac cdi: there are two devices with the name 'env'; see rac cdi --help"
run "$RAC" cdi --reports "$T/absent" 4G
ended 'a folder that is not there' 125 "rac cdi: cannot find '$T/absent': No such file or directory"
run "$RAC" cdi --reports "$T/out" 4G
ended 'a folder that is a file' 125 "rac cdi: '$T/out' is no folder"
run "$RAC" cdi --library "$T" 4G
ended 'a library that is a folder' 125 "rac cdi: '$T' is a folder"
finish
