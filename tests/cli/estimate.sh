#!/bin/sh
# estimate.sh - `rac estimate`: the figures of the manual, JSON as the contract has it, and one clear
# line for each wrong use.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh

models=tests/data/models
schema='{"schema":"rac.estimate/1"'

# prints NAME TEXT ARGUMENT…: `rac estimate ARGUMENT…` says exactly that on stdout and nothing else.
prints() {
	prints_name=$1
	prints_text=$2
	shift 2
	run "$RAC" estimate "$@"
	ended "$prints_name ends well" 0 ''
	is "$prints_name" "$(cat "$T/out")" "$prints_text"
}

# refuses NAME PART ARGUMENT…: status 2, one line on stderr with PART in it, nothing on stdout.
refuses() {
	refuses_name=$1
	refuses_part=$2
	shift 2
	run "$RAC" estimate "$@"
	ended "$refuses_name is refused" 2
	is "$refuses_name takes one line" "$(wc -l <"$T/err")" 1
	is "$refuses_name prints no result" "$(cat "$T/out")" ''
	contains "$refuses_name is said" "$(cat "$T/err")" "$refuses_part"
}

prints 'a tensor' "$schema,\"bytes\":33554432,\"breakdown\":{\"tensor\":33554432}}" \
	tensor 1x32x4096x128 bf16 --json
prints 'a tensor as frameworks write it' \
	"$schema,\"bytes\":33554432,\"breakdown\":{\"tensor\":33554432}}" \
	tensor '[1, 32, 4096, 128]' BFloat16 --json
prints 'a tensor of blocks' "$schema,\"bytes\":36,\"breakdown\":{\"tensor\":36}}" \
	tensor 2x3 q4_0 --json
prints 'a single element' "$schema,\"bytes\":4,\"breakdown\":{\"tensor\":4}}" tensor '[]' f32 --json
prints 'naive attention' "$schema,\"bytes\":1207959552,\"breakdown\":{\"query\":33554432,\"key\":33554432,\"value\":33554432,\"output\":33554432,\"scores\":1073741824}}" \
	attention --batch 1 --heads 32 --seq 4096 --head-dim 128 --dtype bf16 --json
prints 'flash attention' "$schema,\"bytes\":134742016,\"breakdown\":{\"query\":33554432,\"key\":33554432,\"value\":33554432,\"output\":33554432,\"log_sum_exp\":524288}}" \
	attention --batch=1 --heads=32 --seq=4096 --head-dim=128 --dtype=bf16 --kernel=flash --json
prints 'cross attention with shared heads' "$schema,\"bytes\":184,\"breakdown\":{\"query\":32,\"key\":48,\"value\":48,\"output\":32,\"scores\":24}}" \
	attention --batch 1 --heads 2 --kv-heads 1 --seq 1 --kv-seq 3 --head-dim 4 --dtype f32 --json
prints 'a latent cache' "$schema,\"bytes\":70272,\"breakdown\":{\"kv_cache\":70272}}" \
	kv --layers 61 --latent 512 --rope-dim 64 --context 1 --dtype bf16 --json
prints 'an overhead' "$schema,\"bytes\":77300,\"breakdown\":{\"kv_cache\":70272,\"overhead\":7028}}" \
	kv --layers 61 --latent 512 --rope-dim 64 --context 1 --dtype bf16 --overhead 1.1 --json

refuses 'a shape with a sign' "SHAPE '1x-2'" tensor 1x-2 f32
refuses 'a shape that does not fit' 'more than 2^64 bytes' tensor 4294967296x4294967296 f32
refuses 'an unknown dtype' 'known are f16, bf16' tensor 2x3 float17
refuses 'a missing argument' 'SHAPE DTYPE' tensor 2x3
refuses 'an argument too many' "'f64' is one argument too many" tensor 2x3 f32 f64
refuses 'a missing flag' '--dtype T is missing' attention --batch 1 --heads 1 --seq 1 --head-dim 1
refuses 'a flag without its value' '--batch needs a value' attention --batch
refuses 'a count of nothing' "--heads '0' is not a count" attention --heads 0
refuses 'an unknown flag' "'--head' is not a flag" attention --head 3
refuses 'an unknown kernel' 'naive|flash' attention --kernel fast
refuses 'heads that do not divide' '--kv-heads 3 must divide heads' \
	attention --batch 1 --heads 32 --kv-heads 3 --seq 1 --head-dim 1 --dtype f32
refuses 'scores that do not fit' 'scores: more than 2^64 bytes' \
	attention --batch 1 --heads 32 --seq 40960000000 --head-dim 128 --dtype bf16
refuses 'a factor below one' "--overhead '0.5'" attention --overhead 0.5 --batch 1 --heads 1 \
	--seq 1 --head-dim 1 --dtype f32
refuses 'an unknown subject' "'tensr'" tensr
refuses 'no subject' 'tensor, attention, kv or model'
refuses 'a model that is not there' 'No such file' model nowhere.json
refuses 'bytes of a terminal' '\x1b' tensor "$(printf '\033[31m')" f32

for verb in '' tensor attention kv model; do
	# shellcheck disable=SC2086  # none or one word
	run "$RAC" estimate $verb --help
	ended "estimate $verb --help ends well" 0 ''
	contains "estimate $verb --help says how" "$(cat "$T/out")" 'usage: rac estimate'
done

"$RAC" estimate tensor 2x3 f32 >/dev/full 2>"$T/err"
is 'a full disk is not passed over' "$?" 125

run "$RAC" estimate model "$models/llama-3-8b.json" --json
case $(cat "$T/err") in
*json-c*)
	skip 'models' 'built without json-c'
	finish
	;;
esac

# bytes ARGUMENT…: the sum alone.
bytes() {
	"$RAC" estimate model "$@" --json | sed -n 's/.*"bytes":\([0-9]*\),"breakdown".*/\1/p'
}
is 'weights of a model' "$(bytes "$models/llama-3-8b.json")" 16060522496
is 'weights in another type' "$(bytes "$models/llama-3-8b.json" --dtype f32)" 32121044992
is 'weights and KV cache' \
	"$(bytes "$models/llama-3-8b.json" --batch 1 --context 8192)" 17134264320
is 'states of training' "$(bytes "$models/llama-2-7b.json" --mode training)" 107814649856
is 'states with fp32 gradients' \
	"$(bytes "$models/llama-2-7b.json" --mode training --optimizer adam-fp32-grads)" 121291481088
is 'a tensor-parallel share' "$(bytes "$models/llama-3-8b.json" --tp 4)" 4015130624

mkdir "$T/model"
cp "$models/llama-3-8b.json" "$T/model/config.json"
is 'a folder is its config.json' "$(bytes "$T/model")" 16060522496
printf '{"metadata":{"total_size":5000},"weight_map":{"a":"b"}}' >"$T/index.json"
is 'an index alone' "$(bytes "$T/index.json")" 5000
is 'true weights of a checkpoint' \
	"$(bytes "$models/llama-3-8b.json" --weights "$T/index.json" --context 1)" 136072
refuses 'a cache without a shape' 'config.json' model "$T/index.json" --context 1
refuses 'a flag of the other mode' '--zero is for --mode training' \
	model "$models/llama-3-8b.json" --zero 3
refuses 'a step of training' '--step is for --mode inference' \
	model "$models/llama-3-8b.json" --mode training --step 1
refuses 'ZeRO for an optimizer it is not known for' '--zero 2 is known for Adam' \
	model "$models/llama-3-8b.json" --mode training --zero 2 --optimizer muon
refuses 'a type that nobody names' '--dtype is missing' model "$models/gpt2.json"
printf '{"model_type":"mamba"}' >"$T/mamba.json"
refuses 'an unknown architecture' "model_type 'mamba' is not known" model "$T/mamba.json"
printf '\0\0\0\0\0\0\0\200{}' >"$T/hostile.safetensors"
refuses 'a header of 2^63 bytes' 'claims a header' model "$T/hostile.safetensors"

run "$RAC" estimate model "$models/llama-3-8b.json" --budget 16G
ended 'what fits is status 0' 0 ''
contains 'what fits says so' "$(cat "$T/out")" 'it fits, and leaves'
run "$RAC" estimate model "$models/llama-3-8b.json" --budget 14G --json
ended 'what does not fit is status 1' 1 ''
contains 'what does not fit says so' "$(cat "$T/out")" '"budget_bytes":15032385536,"fits":false'

sed 's/510656512/16000000000/; s/467664896/500000000/' tests/data/estimate-run.json >"$T/report.json"
run "$RAC" estimate model "$models/llama-3-8b.json" --compare "$T/report.json"
ended 'a comparison ends well' 0 ''
contains 'a comparison says how far it was' "$(cat "$T/out")" 'the estimate is 0.4 % too high'
run "$RAC" estimate model "$models/llama-3-8b.json" --compare "$T/report.json" --json
contains 'a comparison in JSON' "$(cat "$T/out")" \
	'"compare":{"device":0,"estimated_bytes":16060522496,"tracked_bytes":16000000000,"driver_bytes":16500000000,"unaccounted_bytes":500000000}'
refuses 'a report of something else' 'rac.report/1' \
	model "$models/llama-3-8b.json" --compare "$models/llama-3-8b.json"
finish
