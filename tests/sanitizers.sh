#!/bin/sh
# sanitizers.sh - programs under a shim that was built with a sanitizer, on a simulated CUDA that was, too: a finding
# ends the program with 97.
#
#   tests/sanitizers.sh [SANITIZER…]
#
#   undefined	the library needs nothing in the program: all of tests/programs that judge by what a program does
#   address	its runtime has to be the first of all libraries, so it is preloaded before the shim
#   thread	cannot be preloaded into a program that was not built with it: the programs are, and the differential
#		test, which has the shim's objects linked in
set -u
cd "$(dirname "$0")/.." || exit 1
failed=0
export UBSAN_OPTIONS=halt_on_error=1:exitcode=97:print_stacktrace=1
export ASAN_OPTIONS=exitcode=97:detect_leaks=0:verify_asan_link_order=0
export TSAN_OPTIONS=exitcode=97:halt_on_error=1

only=$*
# wanted SANITIZER: by those who name some.
wanted() {
	case " ${only:-$1} " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

# build SANITIZER TARGET…
build() {
	sanitizer=$1
	shift
	make -s SAN="$sanitizer" B="build-$sanitizer" SHIM_FRAME= "$@" || exit 1
}

# passes SANITIZER COMMAND…
passes() {
	name=$1
	shift
	if "$@" >build-sanitizers.log 2>&1; then
		echo "ok - $name: $*"
	else
		echo "not ok - $name: $*"
		grep -E -A12 'ERROR|runtime error|WARNING: Thread|^not ok' build-sanitizers.log | head -n 40
		failed=1
	fi
}

if wanted undefined; then
	build undefined all apps diff
	for test in races life group refusal record arrays managed sites report scope query imports; do
		B=$PWD/build-undefined passes undefined sh "tests/programs/$test.sh"
	done
	passes undefined make -s SAN=undefined B=build-undefined DIFF_SECONDS=20 check-diff
fi

if wanted address; then
	build address shim sim apps diff
	asan=$(gcc -print-file-name=libasan.so)
	for app in 'leak 1M 2M' 'fault_steps 1G' 'driver_steps 2G' 'soak_steps 5 256M' 'race_ledger 2G 20000 4 1' \
		'twins linear host contexts green code graphs others'; do
		# shellcheck disable=SC2086  # a program and its arguments
		passes address env LD_PRELOAD="$asan $PWD/build-address/librac_track.so" RAC_REPORT=none RAC_LIMIT=2G \
			SIMCUDA_DEVICES=2 \
			build-address/apps/$app
	done
	passes address make -s SAN=address B=build-address DIFF_SECONDS=20 check-diff
fi

if wanted thread; then
	build thread sim diff
	passes thread make -s SAN=thread B=build-thread DIFF_SECONDS=20 check-diff
fi
rm -f build-sanitizers.log
exit $failed
