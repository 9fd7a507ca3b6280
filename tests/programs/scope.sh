#!/bin/sh
# scope.sh - RAC_SCOPE=process: the cap covers contexts, code and all else that the driver charges to the
# process, as it was last measured; what passes it is refused and undone.
# shellcheck disable=SC2086  # lists of variables are split on purpose
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# Contexts take 300 MiB here, modules 40 MiB. The program does not load NVML: the library does.
export SIMCUDA_CONTEXT_BYTES=300M SIMCUDA_MODULE_BYTES=40M
with_nvml=LD_LIBRARY_PATH=$SIM
app=$APPS/untracked_run
# covered CAP STEP…
covered() {
	covered_cap=$1
	shift
	shimmed $with_nvml RAC_SCOPE=process RAC_LIMIT=$covered_cap "$app" "$@"
}
# fine NAME: the last run did what its steps say, and nothing but refusals was said.
fine() {
	is "$1" "$status $(grep -v '^==rac [0-9]*== refused: ' "$T/err")" '0 '
}
# physical: MiB that the device holds and at most held, contexts included.
physical() {
	truth '
" ".join(str(t["devices"][0][k] >> 20) for k in ("physical_bytes", "physical_peak"))'
}

run env $with_nvml "$app" create take:8000M free:0
ended 'the test itself: without the library there is room for that' 1
covered 1G create free:724M take:724M free:0 no take:1
fine 'what a context takes is not left for allocations'
is 'at no time is more than the cap in use' "$(physical)" '1024 1024'
is 'the report has both figures side by side, and the source says how they are to be taken' \
	"$(report '[r["devices"][0][k] for k in ("limit_bytes", "live_bytes", "peak_bytes",
	"untracked_bytes", "untracked_source", "over_bytes", "refused", "refused_bytes")]')" \
	"[1073741824, 759169024, 759169024, 314572800, 'nvml, lagging, within the limit', 0, 1, 1]"
covered 1G retain free:724M module free:684M limit free:620M unmodule free:660M take:660M
fine 'code and raised limits count, and no longer when they are gone'
covered 1G retain library use take:60M take:5M take:595M no take:25M unlibrary take:60M
fine 'code that is loaded when it is used, is found as memory is granted'
covered 1G retain library use free:684M
fine 'or when it is asked what is free'
covered 1G retain library use no take:700M take:684M
fine 'or before memory is refused'
covered 1G create destroy create free:724M reset create free:424M destroy free:724M
fine 'contexts that end no longer count'
covered 1G retain retain release free:724M release create free:724M
fine 'nor the primary one after its last release'

# What passes the cap is undone.
covered 200M no create no retain no create
fine 'a context that passes the cap is refused, and nothing is left of it'
is 'and the device holds nothing' "$(physical)" '0 300'
is 'and it is said how much it would have taken' "$(said 1)" "refused: cuCtxCreate_v4 of 300 MiB by \
untracked_run on device 0: 0 B in use, cap 200 MiB (RAC_LIMIT), 200 MiB left"
is 'a refused context counts as refused' "$(report 'r["devices"][0]["refused"]')" 3
covered 400M create no retain no create take:100M no take:1
fine 'one that fits stays usable when the next one is refused'
covered 320M create no module no limit take:20M no module
fine 'so are code and raised limits'
is 'and the device holds what was granted' "$(physical)" '320 364'
covered 320M retain module
is 'a refusal of code names its call' "$(said 1)" "refused: cuModuleLoadData of 40.0 MiB by \
untracked_run on device 0: 300 MiB in use, cap 320 MiB (RAC_LIMIT), 20.0 MiB left; of that beyond \
allocations: 300 MiB (nvml, lagging, within the limit)"
shimmed $with_nvml RAC_SCOPE=process RAC_ON_LIMIT=warn RAC_LIMIT=200M "$app" create module take:1M
is 'with warn it passes, and is said' "$status $(said 1)" "0 over the cap, let through: \
cuCtxCreate_v4 of 300 MiB by untracked_run on device 0: 300 MiB in use, cap 200 MiB (RAC_LIMIT), 0 B left; \
of that beyond allocations: 300 MiB (nvml, lagging, within the limit)"
is 'and how far over the cap is reported' "$(report 'r["devices"][0]["over_bytes"] >> 20')" 141
for kind in take pool; do
	shimmed $with_nvml SIMCUDA_POOL_CHUNK=1M RAC_SCOPE=process RAC_LIMIT=1G "$app" create \
		$kind:700M no $kind:25M $kind:24M
	fine "memory by $kind is held to what the context leaves"
done
shimmed $with_nvml RAC_SCOPE=process "$app" create module take:1000M free:6852M
fine 'without a cap nothing is refused'
shimmed $with_nvml RAC_SCOPE=process RAC_LIMIT=1G RAC_SHOW=device "$app" create free:7892M take:724M no take:1
fine 'RAC_SHOW=device shows the device, and the cap holds'
run env LD_PRELOAD="$SHIM" RAC_REPORT=none $with_nvml RAC_SCOPE=process RAC_LIMIT=1G \
	"$APPS/query_nvml" linked cuda:0 take:100M show agree
is 'NVML shows the same' "$status $(cat "$T/out")" \
	'0 gpu 0: total 1024, free 624, used 400, reserved 0, own 400, others 0'

# What no call shows, such as rounding, is found as memory is granted.
small="SIMCUDA_ROUND=1 SIMCUDA_CONTEXT_BYTES=0"
shimmed $with_nvml $small RAC_SCOPE=allocations RAC_LIMIT=512M "$app" create many:1100K give
before=$(physical)
shimmed $with_nvml $small RAC_SCOPE=process RAC_LIMIT=512M "$app" create many:1100K give take:512M
fine 'a figure of before does not refuse what fits now'
after=$(physical)
[ "${before#* }" -gt 900 ] && [ "${after#* }" -le $((512 + 64 + 2)) ] && [ "${after#* }" -ge 500 ]
status=$?
ended "memory that is rounded up stays near the cap (${before#* } MiB without, ${after#* } MiB with)" 0

# Where NVML does not know the process by its pid, as in containers.
stand_in() {
	stand_in_mode=$1
	shift
	shimmed LD_LIBRARY_PATH="$APPS/nvml" UNTRACKED_NVML=$stand_in_mode RAC_SCOPE=process \
		RAC_LIMIT=1G "$app" "$@"
}
for mode in foreign failing silent; do
	stand_in $mode create free:724M module free:684M unmodule destroy create take:724M no take:1
	fine "NVML is $mode: contexts and code count by what the device had before"
done
is 'and the source says so' "$(report 'r["devices"][0]["untracked_source"]')" \
	'context, lagging, within the limit'
gap="RAC_SCOPE=process: what a context takes on device 0 cannot be measured here, for NVML does not tell; \
the cap covers the rest"
stand_in blind create free:1024M module free:984M limit free:920M create free:620M no take:621M take:620M
is 'where NVML tells nothing, the first context alone is missing, and that is said' \
	"$status $(said 1)" "0 $gap"
is 'and no figure is reported for the whole' "$(report 'r["devices"][0]["untracked_bytes"]')" None
shimmed RAC_SCOPE=process RAC_LIMIT=1G "$app" create free:1024M module free:984M take:984M
is 'so it is where there is no NVML' "$status $(said 1)" "0 $gap"
is 'in one line' "$(lines)" 1

# In a group, what each member's context takes is held against the cap of all.
group="RAC_SCOPE=process RAC_LIMIT=1G RAC_GROUP=scope-$$ SIMCUDA_SHARED=$T/board"
mkfifo "$T/go"
env LD_PRELOAD="$SHIM" RAC_REPORT=none $with_nvml $group "$APPS/query_nvml" linked cuda:0 take:300M wait \
	<"$T/go" >"$T/ready" 2>"$T/other" &
exec 8>"$T/go"
while [ ! -s "$T/ready" ]; do sleep 0.01; done
shimmed $with_nvml $group "$app" create free:124M no create take:124M no take:1
fine 'a group: contexts of all members count'
exec 8>&-
wait
shimmed $with_nvml $group "$app" create take:724M
fine 'a group: what a member held beyond its allocations comes back with it'
rm -f /dev/shm/*scope-$$*

# Threads and runtimes.
shimmed $with_nvml RAC_SCOPE=process RAC_LIMIT=500M "$APPS/threads" -n 4 -o 4000 -b 64M
figures 'threads: the report equals the truth' threads
is 'threads: the cap holds with the context' "$(truth 't["devices"][0]["physical_peak"] <= 500 << 20')" True
shimmed $with_nvml RAC_SCOPE=process RAC_LIMIT=200M "$APPS/leak" -r 1M
contains 'the runtime says that a context does not fit' "$(cat "$T/err")" 'returned 2, not 0'
finish
