#!/bin/sh
# beside.sh - other preloaded libraries before and behind the shim: programs do what they do with the other one
# alone, and the report equals the simulator's truth.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# One takes dlopen over, and with it the caller's run path.
export LD_LIBRARY_PATH="$SIM" DUMP_HEAPTRACK_OUTPUT="$T/heaptrack"

# installed NAME: where it is; the library folders of Debian and others.
installed() {
	for installed_path in /usr/lib/*/"$1" /usr/lib/*/*/"$1" /usr/lib/"$1" /usr/lib/*/"$1" \
		/usr/lib64/"$1"; do
		if [ -e "$installed_path" ]; then
			echo "$installed_path"
			return
		fi
	done
}

# with ORDER COMMAND…: as shimmed, but in time, and nothing else is run with these libraries: one takes
# itself and the shim out of the environment of what it starts.
with() {
	with_order=$1
	shift
	rm -f "$T/report.json" "$T/truth.json"
	run timeout 60 env LD_PRELOAD="$with_order" RAC_REPORT="$T/report.json" \
		SIMCUDA_TRUTH="$T/truth.json" "$@"
}

# beside NAME LIBRARY MODE COMMAND…: in both orders, as with the library alone; figures by MODE, see truth.py.
beside() {
	beside_name=$1 beside_library=$2 beside_mode=$3
	shift 3
	run timeout 60 env LD_PRELOAD="$beside_library" "$@"
	beside_alone="$status $(cat "$T/out")"
	for beside_order in "$SHIM:$beside_library" "$beside_library:$SHIM"; do
		case $beside_order in
		"$SHIM":*) beside_where=behind ;;
		*) beside_where=before ;;
		esac
		with "$beside_order" "$@"
		is "$beside_name $beside_where the shim: the program is the same" \
			"$status $(cat "$T/out")" "$beside_alone"
		is "$beside_name $beside_where the shim: the report equals the truth" "$("$PYTHON" \
			tests/lib/truth.py "$T/report.json" "$T/truth.json" "$beside_mode" 2>&1)" ''
	done
}

for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libfaketimeMT.so.1 libheaptrack_preload.so; do
	path=$(installed "$library")
	if [ -z "$path" ]; then
		skip "$library beside the shim" "it is not installed"
		continue
	fi
	export FAKETIME=-1d
	beside "$library, threads," "$path" threads "$APPS/threads" -n 4 -o 3000
	beside "$library, the runtime," "$path" exact "$APPS/runtime_shared"
	beside "$library, a runtime that is closed," "$path" exact "$APPS/life_end" runtime 3 atexit destructor
	beside "$library, an end in a thread," "$path" exact "$APPS/life_end" thread 3 atexit on_exit key
	for order in "$SHIM:$path" "$path:$SHIM"; do
		run timeout 60 env LD_PRELOAD="$order" "$APPS/guest_child" both 3
		is "$library: a child reports for itself" "$status $(grep -c SUMMARY "$T/err")" '3 2'
	done
	run timeout 60 env LD_PRELOAD="$order" "$APPS/life_exec" threads execlp sh -c :
	is "$library: nobody waits in a child" "$status $(grep -c SUMMARY "$T/err")" '0 1'
	unset FAKETIME
done

# Where the program's time is another, ours stays that of the files.
path=$(installed libfaketimeMT.so.1)
if [ -n "$path" ]; then
	for time in '-3650d' '+3650d' '2001-02-03 04:05:06' '+0 x1000'; do
		echo old >"$T/report.json"
		touch -d '1 hour ago' "$T/report.json"
		for order in "$SHIM:$path" "$path:$SHIM"; do
			run timeout 60 env LD_PRELOAD="$order" FAKETIME="$time" \
				RAC_REPORT="$T/report.json" "$APPS/leak" 1M
			is "an older report is replaced, and told the time, while the program's is $time" \
				"$(find "$T" -name 'report.json*' | wc -l) $(report '
abs(__import__("datetime").datetime.now().timestamp() - __import__("datetime").datetime.fromisoformat(
r["process"]["started"].replace("Z", "+00:00")).timestamp()) < 60, r["process"]["seconds"] < 30')" \
				'1 True True'
			touch -d '1 hour ago' "$T/report.json"
		done
		run timeout 20 env LD_PRELOAD="$SHIM:$path" FAKETIME="$time" RAC_LIMIT=1G \
			"$APPS/guest_stderr" full
		ended "and nobody waits for a pipe that is full: $time" 7
	done
fi

# Programs built with a sanitizer, which looks up what it stands in for before anything works. That of addresses
# wants to be the first library of all.
export ASAN_OPTIONS=detect_leaks=0
for sanitizer in address:libasan.so thread:libtsan.so undefined:libubsan.so; do
	name="a program with -fsanitize=${sanitizer%:*}"
	runtime=$(readlink -f "$(${CC:-gcc} -print-file-name="${sanitizer#*:}")")
	if ! ${CC:-gcc} -O1 -fsanitize="${sanitizer%:*}" -D_GNU_SOURCE -Itests/sim/include tests/apps/life_end.c \
		-o "$T/sanitized" -L"$SIM" -lcuda -ldl -lpthread 2>"$T/err" ||
		! "$T/sanitized" exit 0 >"$T/out" 2>&1; then
		skip "$name" "none can be built or run here: $(tail -n 1 "$T/err" "$T/out" | tr '\n' ' ')"
		continue
	fi
	orders="$runtime:$SHIM"
	[ "$sanitizer" = address:libasan.so ] || orders="$orders $SHIM"
	for order in $orders; do
		for way in exit runtime; do
			run "$T/sanitized" $way 42 atexit destructor on_exit
			alone="$status $(cat "$T/out")"
			with "$order" "$T/sanitized" $way 42 atexit destructor on_exit
			is "$name ends as ever: $way, ${order##*/} last" "$status $(cat "$T/out")" "$alone"
			is "and the report equals the truth: $way, ${order##*/} last" "$("$PYTHON" \
				tests/lib/truth.py "$T/report.json" "$T/truth.json" 2>&1)" ''
		done
	done
done

# What torch_memory_saver does: cudaMalloc becomes mapped objects, whose memory goes and comes.
saver=$APPS/beside_saver.so
beside 'a saver' "$saver" exact "$APPS/beside" 64M 12
for order in "$SHIM:$saver" "$saver:$SHIM"; do
	with "$order" RAC_LIMIT=1G "$APPS/beside"
	is 'under a cap a saver gets what fits, gives it back and gets it again' "$status $(cat "$T/out")" \
		'0 15 pieces, 63 MiB free
paused: 1023 MiB free
resumed: 0 missing
saver: 15 taken, 14 given back, 2 passed on'
	figures 'and the report equals the truth'
	is 'one piece was refused' "$(report 'r["devices"][0]["refused"], r["devices"][0]["refused_bytes"]')" \
		'1 67108864'
done
path=$(installed libjemalloc.so.2)
[ -z "$path" ] || beside 'a saver and jemalloc' "$saver:$path" exact "$APPS/beside" 64M 12

finish
