#!/bin/sh
# fit.sh - `rac fit`: the border between what fits and what does not, and budgets of every kind; those
# of a GPU on the simulated CUDA.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh

model=tests/data/models/llama-3-8b.json

run "$RAC" fit --batch --context 1 "$model" --budget 72GiB
case $(cat "$T/err") in
*json-c*)
	skip 'fit' 'built without json-c'
	finish
	;;
esac

# fits ARGUMENT…: what is found.
fits() {
	"$RAC" fit "$@" --json | sed -n 's/.*"sought":"[a-z]*","value":\([0-9]*\),.*/\1/p'
}

# refuses NAME PART ARGUMENT…
refuses() {
	refuses_name=$1
	refuses_part=$2
	shift 2
	run "$RAC" fit "$@"
	ended "$refuses_name is refused" 2
	is "$refuses_name takes one line" "$(wc -l <"$T/err")" 1
	contains "$refuses_name is said" "$(cat "$T/err")" "$refuses_part"
}

is 'the batch of the manual' "$(fits --batch --context 8192 "$model" --budget 72GiB)" 57
is 'the flags in another order' "$(fits "$model" --budget=72GiB --context=8192 --batch)" 57
is 'a margin counts' "$(fits --batch --context 8192 "$model" --budget 72GiB --margin 1G)" 56
is 'fixed costs count' "$(fits --batch --context 8192 "$model" --budget 72GiB --fixed 1G)" 56
is 'a context' "$(fits --context "$model" --budget 16191594496)" 1000
is 'a context in pages' "$(fits --context "$model" --budget 16191594496 --block 16)" 992
is 'layers' "$(fits --layers "$model" --budget 8G)" 14
is 'all layers' "$(fits --layers "$model" --budget 80G)" 32
is 'a batch of training' \
	"$(fits --batch --context 2048 "$model" --mode training --budget 200G --recompute full)" 43

run "$RAC" fit --batch --context 8192 "$model" --budget 72GiB
ended 'a fit ends well' 0 ''
contains 'a fit shows one further' "$(cat "$T/out")" 'at 58'
run "$RAC" fit --batch --context 8192 "$model" --budget 72GiB --json
contains 'one further in JSON' "$(cat "$T/out")" '"next":{"value":58,"bytes":78337548288,'
run "$RAC" fit --batch --context 8192 "$model" --budget 1G
ended 'nothing that fits is status 1' 1 ''
contains 'nothing that fits says so' "$(cat "$T/out")" 'not even a batch of 1 fits'

refuses 'nothing sought' 'say what is sought' "$model" --budget 1G
refuses 'two things sought' '2 of them are' --batch --context "$model" --budget 1G
refuses 'a batch without tokens' '--context N is missing' --batch "$model" --budget 1G
refuses 'no budget' '--budget BUDGET is missing' --context "$model"
refuses 'a budget that is none' '--budget none is no budget' --context "$model" --budget none
refuses 'a budget that is no size' "--budget='8Q'" --context "$model" --budget 8Q
refuses 'a margin that takes all' '--margin leaves nothing' --context "$model" --budget 1G \
	--margin 1G
run "$RAC" fit --help
ended 'fit --help ends well' 0 ''

# A machine that has a driver would answer.
if [ ! -e /dev/nvidiactl ] && [ ! -e /dev/dxg ]; then
	refuses 'a GPU where there is none' 'there is no CUDA driver here' --context "$model" \
		--budget device
fi

if [ ! -e "$B/sim/libcuda.so.1" ]; then
	skip 'budgets of a GPU' 'the simulated CUDA is not built'
	finish
fi
LD_LIBRARY_PATH=$B/sim${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
SIMCUDA_DEVICES=2
SIMCUDA_MEMORY=72G,40G
export LD_LIBRARY_PATH SIMCUDA_DEVICES SIMCUDA_MEMORY

is 'what is free on the GPU' "$(fits --batch --context 8192 "$model" --budget device)" 57
is 'what is free on another GPU' \
	"$(fits --batch --context 8192 "$model" --budget device --device 1)" 25
is 'a share of the GPU' "$(fits --batch --context 8192 "$model" --budget 50%)" 21
refuses 'a GPU that is not there' '--device 2 is not there: 2 are' --context "$model" \
	--budget device --device 2
is 'the cap of the environment counts' \
	"$(RAC_LIMIT=36G fits --batch --context 8192 "$model" --budget device)" 21
is 'and that of one GPU' \
	"$(RAC_LIMIT=1=36G fits --batch --context 8192 "$model" --budget device)" 57
run env RAC_LIMIT=nonsense "$RAC" fit --context "$model" --budget device
ended 'a cap that cannot be read is no budget' 2
contains 'a cap that cannot be read is said' "$(cat "$T/err")" "RAC_LIMIT='nonsense'"
if [ -e "$B/librac_track.so" ]; then
	is 'the same under the shim' "$(RAC_LIMIT=36G RAC_REPORT=none \
		LD_PRELOAD=$B/librac_track.so fits --batch --context 8192 "$model" --budget device)" 21
fi
is 'no GPU at all is said' "$(SIMCUDA_DEVICES=0 "$RAC" fit --context "$model" --budget device 2>&1 |
	grep -c CUDA_ERROR_NO_DEVICE)" 1
finish
