#!/bin/sh
# slurm_prolog.sh - the scripts of integrations/slurm for sites without the plugin, on a real Slurm of two nodes,
# run by a plain user.
cd "$(dirname "$0")/../.." || exit 1
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	exec env -u TMPDIR HOME=/ setpriv --reuid=nobody --regid=nogroup --clear-groups sh "$0"
fi
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/slurm.sh

slurm_or_skip 'the scripts on a real Slurm'
records=$CLUSTER/records
for script in prolog epilog; do
	sed -e "s,^library=.*,library=$SHIM," -e "s,^shard=.*,shard=256M," -e "s,^rac=.*,rac=$RAC," \
		-e "s,^records=.*,records=$records," "integrations/slurm/rac-task-$script" >"$T/$script"
	chmod 755 "$T/$script"
done
slurm_configure "TaskProlog=$T/prolog" "TaskEpilog=$T/epilog"
mkdir -m 1777 "$records"
slurm_start_or_fail

run srun env
is 'a job that does not ask runs as ever' "$status:$(of LD_PRELOAD)$(of RAC_LIMIT)$(of RAC_RECORD)" 0:
run env RAC_LIMIT=2G LD_PRELOAD=/lib/none.so srun env
is 'one that sets a cap has the library' "$(of LD_PRELOAD) $(of RAC_LIMIT) $(of RAC_GROUP)" "$SHIM:/lib/none.so 2G "
run env RAC_LIMIT=2G LD_PRELOAD="$SHIM" srun env
is 'once' "$(of LD_PRELOAD)" "$SHIM"
run srun --gres=shard:3 env
is 'and one with shards' "$(of LD_PRELOAD) $(of RAC_LIMIT) $(of RAC_GROUP)" "$SHIM 768M slurm-4.0"
pair --gres=shard:4
is 'which are a cap for all of a step together' "$status $(cat "$T/words")" '0 take:600M granted
take:600M refused'
compile_hold
submit RAC_LIMIT=1G RAC_REPORT="$T/killed-%r.json"
run scancel "$job"
comes "$T/killed-0.json" "$T/killed-1.json"
is 'after scancel each rank is reported all the same' "$(ended_as "$T/killed-0.json") $(ended_as "$T/killed-1.json")" \
	"('killed', 0, 100) ('killed', 0, 100)"
sed -i 's,^library=.*,library=/none.so,' "$T/prolog"
run env RAC_LIMIT=1G srun touch "$T/started"
is 'without the library nothing is started' "$([ "$status" -ne 0 ] && [ ! -e "$T/started" ] && echo none)" none
contains 'which is said' "$(cat "$T/out")" 'rac: /none.so is not there, so no cap would hold'
is 'no record is left of all of them' "$(find "$records" -mindepth 1)" ''
finish
