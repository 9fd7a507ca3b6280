#!/bin/sh
# symbols.sh - how long rac takes to name 10,000 sites of a program with more than 200 MB of debug information,
# and how much memory; status 1 if it is 5 s or more. The program is built first, which takes ten minutes of a
# core, and kept in build/bench-symbols.
#
#   UNITS=40 SITES=250   source files, and sites in each
set -u
cd "$(dirname "$0")/../.." || exit 1

B=${B:-build}
UNITS=${UNITS:-40}
SITES=${SITES:-250}
folder=$PWD/$B/bench-symbols
mkdir -p "$folder" || exit 1

# unit NUMBER: a source file in which each site has types of its own, and a call that is inlined twice.
unit() {
	cat <<-END
		#include "probe.h"
		#include <map>
		#include <string>
		#include <vector>
		#define INLINE static inline __attribute__((always_inline))
		INLINE void leaf(const char *name) { probe(name); __asm__ volatile(""); }
		template <typename T> INLINE void middle(T &v, const char *name) { v.push_back({}); leaf(name); }
		namespace unit$1 {
	END
	site=0
	while [ "$site" -lt "$SITES" ]; do
		cat <<-END
			struct item$site { int a[$((site + 1))]; std::string name; };
			__attribute__((noinline)) void site$site() { std::vector<item$site> v; middle(v, "unit$1::site$site"); }
		END
		site=$((site + 1))
	done
	echo "}"
	echo "void run$1() {"
	site=0
	while [ "$site" -lt "$SITES" ]; do
		echo "unit$1::site$site();"
		site=$((site + 1))
	done
	echo "}"
}

if [ ! -x "$folder/program" ]; then
	{
		n=0
		while [ "$n" -lt "$UNITS" ]; do
			unit "$n" >"$folder/unit$n.cc"
			printf 'void run%s();\n' "$n" >&3
			printf 'run%s();\n' "$n" >&4
			n=$((n + 1))
		done
	} 3>"$folder/declared" 4>"$folder/called"
	{
		cat "$folder/declared"
		echo 'int main() {'
		cat "$folder/called"
		echo '}'
	} >"$folder/main.cc"
	seq 0 $((UNITS - 1)) | nice xargs -P "$(nproc)" -I{} \
		g++ -g -Itests/symbols -c "$folder/unit{}.cc" -o "$folder/unit{}.o" || exit 1
	g++ -g "$folder"/*.o "$folder/main.cc" -o "$folder/program" || exit 1
	rm -f "$folder"/unit*
fi
"$folder/program" >"$folder/probes"
python3 tests/lib/probed.py make "$folder/probes" "$folder/program" "$folder/report.json" || exit 1
python3 - "$B/rac" "$folder" <<'END'
import json, os, resource, subprocess, sys, time
rac, folder = sys.argv[1:]
begin = time.monotonic()
subprocess.run([rac, 'report', '--json', '--output', f'{folder}/named.json', f'{folder}/report.json'], check=True)
seconds = time.monotonic() - begin
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
sites = json.load(open(f'{folder}/named.json'))['sites']
wrong = [s['api'] for s in sites if s['frames'][-1]['function'] != s['api'] + '()' or len(s['frames']) != 3
         or not all(f['line'] for f in s['frames'])]
size = os.path.getsize(f'{folder}/program') / 1e6
print(f'{len(sites)} sites in a program of {size:.0f} MB: {seconds:.2f} s, {memory:.0f} MiB, {len(wrong)} wrong')
sys.exit(bool(wrong) or seconds >= 5)
END
