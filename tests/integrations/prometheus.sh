#!/bin/sh
# prometheus.sh - the metrics of processes that run, through the real node_exporter into the real Prometheus, and every
# panel of integrations/prometheus/dashboard.json asked of it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

here=integrations/prometheus
for program in prometheus-node-exporter prometheus promtool; do
	command -v "$program" >/dev/null || {
		skip 'node_exporter and Prometheus read the metrics' "there is no $program here"
		finish
	}
done

if command -v systemd-analyze >/dev/null; then
	cp $here/rac-metrics.service $here/rac-metrics.timer "$T"
	# The command and its page are not installed here.
	systemd-analyze verify "$T/rac-metrics.timer" "$T/rac-metrics.service" 2>&1 |
		grep -v -e 'Command rac is not executable' -e "Command 'man rac-export" >"$T/units"
	is 'systemd takes the service and its timer' "$(cat "$T/units")" ''
else
	skip 'systemd takes the service and its timer' 'there is no systemd-analyze here'
fi

started=
stop() {
	for pid in $started; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
}
trap 'stop; rm -rf "$T"' EXIT

# answers URL: what a server says, once it says anything.
answers() {
	"$PYTHON" - "$1" <<'EOF'
import sys, time, urllib.request
for attempt in range(100):
    try:
        print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())
        break
    except OSError as why:
        time.sleep(0.1)
else:
    print("no answer:", why)
EOF
}

free_port() {
	"$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A process whose name would break a label that is not escaped, with a cap, that was refused once.
name="$(printf 'a"b\\c\nd')"
compile "$T/program" '
	#include <cuda.h>
	#include <stdio.h>
	int main(void)
	{
		CUdeviceptr memory;
		CUcontext context;
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context) ||
			cuMemAlloc(&memory, 48 << 20) || !cuMemAlloc(&memory, 100 << 20))
			return 99;
		puts("ready");
		fflush(stdout);
		return getchar() == 0;
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM" || finish
mv "$T/program" "$T/$name"
mkfifo "$T/hold" "$T/ready"
mkdir "$T/text"
LD_PRELOAD="$SHIM" RAC_LIMIT=64M RAC_REPORT=none "$T/$name" <"$T/hold" >"$T/ready" 2>"$T/null" &
exec 9>"$T/hold"
read -r _ <"$T/ready"

run "$RAC" export --format prometheus --running --output "$T/text/rac.prom"
ended 'the file is written' 0
is 'promtool finds nothing wrong with it' "$(promtool check metrics <"$T/text/rac.prom" 2>&1):$?" ':0'

exporter=$(free_port)
prometheus-node-exporter --collector.disable-defaults --collector.textfile --web.listen-address="127.0.0.1:$exporter" \
	--collector.textfile.directory="$T/text" 2>"$T/exporter.log" &
started="$started $!"
answers "http://127.0.0.1:$exporter/metrics" >"$T/metrics"
# A file that it cannot read is skipped as a whole, and this is 1.
contains 'node_exporter reads it without an error' "$(grep '^node_textfile_scrape_error' "$T/metrics")" \
	'node_textfile_scrape_error 0'
contains 'what the process holds is there, its name escaped' "$(grep '^rac_device_live_bytes' "$T/metrics")" \
	'program="a\"b\\c\\x0ad"'
is 'with every series' "$(grep -c '^rac_' "$T/metrics")" "$(grep -c '^rac_' "$T/text/rac.prom")"

cat >"$T/prometheus.yml" <<END
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: node
    static_configs: [{targets: ['127.0.0.1:$exporter']}]
END
server=$(free_port)
prometheus --config.file="$T/prometheus.yml" --storage.tsdb.path="$T/data" --web.listen-address="127.0.0.1:$server" \
	2>"$T/prometheus.log" &
started="$started $!"
answers "http://127.0.0.1:$server/-/ready" >/dev/null

# Every panel has an answer; what it should be is said for some.
"$PYTHON" - $here/dashboard.json "http://127.0.0.1:$server" >"$T/panels" 2>&1 <<'EOF'
import json, sys, time, urllib.parse, urllib.request
board, server = json.load(open(sys.argv[1])), sys.argv[2]

def ask(expression):
    query = urllib.parse.urlencode({"query": expression.replace("$host", ".*")})
    return json.load(urllib.request.urlopen(f"{server}/api/v1/query?{query}"))["data"]["result"]

for _ in range(100):
    # Rates take two scrapes.
    if ask("count_over_time(rac_device_live_bytes[1m]) > 2"):
        break
    time.sleep(0.1)
for panel in board["panels"]:
    for target in panel["targets"]:
        print(panel["title"], len(ask(target["expr"])) > 0, sep=": ")
ours = '{program=~"a.b.c.*d"}'
print(ask("rac_device_live_bytes" + ours)[0]["value"][1],
      ask(f"rac_device_live_bytes{ours} / rac_device_limit_bytes{ours}")[0]["value"][1],
      ask("rac_device_refusals_total" + ours)[0]["value"][1])
EOF
is 'every panel of the dashboard has an answer' "$(grep -v ': True$' "$T/panels" | sed '$d')" ''
is 'and there are eight' "$(grep -c ': True$' "$T/panels")" 8
is 'the figures arrive' "$(tail -n 1 "$T/panels")" '50331648 0.75 1'
exec 9>&-

run scripts/check-readme.sh docs/metrics.md
ended 'docs/metrics.md does what it says' 0
grep '^not ok' -A 20 "$T/out"
finish
