#!/bin/sh
# slurm.sh - the SPANK plugin of integrations/slurm on a real Slurm of two nodes, run by a plain user.
cd "$(dirname "$0")/../.." || exit 1
# Root would hide what a plain user cannot do.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	exec env -u TMPDIR HOME=/ setpriv --reuid=nobody --regid=nogroup --clear-groups sh "$0"
fi
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/slurm.sh

slurm_or_skip 'the plugin on a real Slurm'
plugin=$B/slurm/spank_rac.so
if [ ! -r "$plugin" ]; then
	skip 'the plugin on a real Slurm' "$plugin is not built: make slurm"
	finish
fi
slurm_configure
# Installed, the plugin finds the library and the command by itself.
mkdir -p "$T/tree/lib/slurm" "$T/tree/bin"
cp "$plugin" "$T/tree/lib/slurm/"
cp "$SHIM" "$T/tree/lib/"
cp "$RAC" "$T/tree/bin/"
plugin=$T/tree/lib/slurm/spank_rac.so
SHIM=$(realpath "$T/tree/lib/librac_track.so")
records=$CLUSTER/records
echo "required $plugin records=$records shard=256M" >"$CLUSTER/etc/plugstack.conf"
slurm_start_or_fail

for command in srun sbatch salloc; do
	contains "$command has --vram" "$($command --help 2>&1)" '--vram=SIZE[/gpu]'
done
run srun --vram=lots touch "$T/started"
contains 'a cap that is none is refused when it is asked for' "$(cat "$T/err")" \
	"rac: --vram='lots'"
is 'and nothing is started' "$([ "$status" -ne 0 ] && [ ! -e "$T/started" ] && echo none)" none
run srun --vram=8G/card true
contains 'so is a form that is none' "$(cat "$T/err")" "--vram=8G/card: '/card' is no form; write /gpu"

run srun env
is 'a job that does not ask runs as ever' "$status:$(of LD_PRELOAD)$(of RAC_LIMIT)$(of RAC_RECORD)" 0:
run srun --vram=2G env
is 'the library is preloaded, with the cap' "$(of LD_PRELOAD) $(of RAC_LIMIT) $(of RAC_GROUP)" "$SHIM 2G "
run env RAC_LIMIT=99G LD_PRELOAD=/lib/none.so:/elsewhere/librac_track.so srun --vram=2G env
is 'what the user has set does not change it' "$(of LD_PRELOAD) $(of RAC_LIMIT)" "$SHIM:/lib/none.so 2G"
run srun --export=NONE --vram=2G /usr/bin/env
is 'nor does --export=NONE' "$(of LD_PRELOAD) $(of RAC_LIMIT)" "$SHIM 2G"

run env RAC_REPORT="$T/demo-%r.json" srun --vram=640M "$APPS/demo"
is 'the cap holds' "$status $(json "$T/demo-0.json" '(r["devices"][0]["limit_bytes"] >> 20, r["devices"][0]["refused"])')" \
	'0 (640, 1)'
run srun --vram=640M "$APPS/demo"
is 'the report comes once, on stderr' "$(grep -c 'SUMMARY: peak' "$T/err")" 1

run env RAC_REPORT="reports/%q{SLURM_JOB_ID}/%r.json" srun --chdir="$T" -N2 -n2 --vram=1G,1=2G "$APPS/demo"
is 'each rank on each node reports itself' \
	"$(for rank in 0 1; do json "$T"/reports/*/$rank.json '(r["process"]["rank"], r["devices"][0]["limit_bytes"] >> 20)'; done)" \
	"('0', 1024)
('1', 1024)"

cat >"$T/job" <<-END
	#!/bin/sh
	#SBATCH --vram=3G
	env >"$T/batch.env"
	srun env >"$T/step.env"
	srun --vram=1G env >"$T/other.env"
END
run sbatch --wait --chdir="$T" -o "$T/job.out" "$T/job"
is 'a batch script has it' "$(grep -E '^(LD_PRELOAD|RAC_LIMIT)=' "$T/batch.env" | sort)" "LD_PRELOAD=$SHIM
RAC_LIMIT=3G"
is 'and its steps, the library once' "$(grep -E '^(LD_PRELOAD|RAC_LIMIT)=' "$T/step.env" | sort)" "LD_PRELOAD=$SHIM
RAC_LIMIT=3G"
run salloc --vram=4G srun env
is 'so has what salloc starts' "$(of LD_PRELOAD) $(of RAC_LIMIT)" "$SHIM 4G"
is 'a step may ask for another one' "$(grep -E '^RAC_LIMIT=' "$T/other.env")" RAC_LIMIT=1G

pair --vram=1G
is 'a cap is for each process' "$status $(cat "$T/words")" '0 take:600M granted
take:600M granted'
pair --vram=1G/gpu
is 'or, with /gpu, for all of a step together' "$status $(cat "$T/words")" '0 take:600M granted
take:600M refused'
cat >"$T/shared" <<-END
	#!/bin/sh
	#SBATCH --vram=3G/gpu
	srun --vram=1G env >"$T/step.env"
	RAC_GROUP=mine RAC_RECORD=$T/mine.rec srun --vram=1G env >"$T/mine.env"
END
run sbatch --wait --chdir="$T" -o "$T/job.out" "$T/shared"
is 'a step need not share where the job does' "$(grep '^RAC_GROUP=' "$T/step.env")" ''
is 'and a group or record of the user stays' "$(grep -E '^RAC_(GROUP|RECORD)=' "$T/mine.env" | sort)" \
	"RAC_GROUP=mine
RAC_RECORD=$T/mine.rec"
pair --gres=shard:4
is 'shards are a cap for all of a step together' "$status $(cat "$T/words")" '0 take:600M granted
take:600M refused'
run srun --gres=shard:3 env
is 'which is so many times what the site says' "$(of RAC_LIMIT)" 805306368B
sed -i 's/shard=256M/shard=6.25%/' "$CLUSTER/etc/plugstack.conf"
run srun --gres=shard:2 env
is 'or that share of each GPU' "$(of RAC_LIMIT)" 12.500000%
sed -i 's/shard=6.25%/shard=256M/' "$CLUSTER/etc/plugstack.conf"
run srun --gres=shard:2 --vram=99G env
is 'and stands above what the user asks for' "$(of RAC_LIMIT)" 536870912B
contains 'which is said' "$(cat "$T/err")" 'rac: --vram=99G does not count: this step has 2 shards, its processes share 512 MiB'

compile_hold
slurm_ask=--vram=1G
submit RAC_REPORT="$T/killed-%r.json"
run scancel "$job"
comes "$T/killed-0.json" "$T/killed-1.json"
is 'after scancel each rank is reported all the same' "$(ended_as "$T/killed-0.json") $(ended_as "$T/killed-1.json")" \
	"('signal', 15, 100) ('signal', 15, 100)"
submit
run scancel "$job.0"
slurm_gone "$job"
# On the step's stderr, too, if srun is still there to show it; that is for Slurm to decide.
is 'and where no file is named the log of slurmd has it' "$(cat "$CLUSTER"/log/n? | grep -c 'SUMMARY: peak 100 MiB')" 2
# shellcheck disable=SC2016  # the inner shell's
run env HELD="$T/held" RAC_REPORT="$T/out-%p.json" srun --vram=1G sh -c '"$0" & sleep 1; kill -9 $!' "$T/hold"
is 'so is a process that the task itself killed' "$(ended_as "$T"/out-*.json)" "('killed', 0, 100)"
run env HELD="$T/held" RAC_REPORT="$T/behind.json" srun --vram=1G sh -c '"$0" & sleep 1' "$T/hold"
is 'and one that the task left behind' "$(ended_as "$T/behind.json")" "('killed', 0, 100)"
is 'no record is left of all of them' "$(find "$records" -mindepth 1)" ''

# It shows a clone with what is built, in which the user may write.
mkdir -p "$T/docs/build"
cp -r scripts docs "$T/docs"
ln -s "$APPS" "$RAC" "$SIM" "$T/docs/build"
cd "$T/docs" || exit 1
B=build scripts/check-readme.sh docs/slurm.md >"$T/docs.log" 2>&1
cat "$T/docs.log"
cd - >/dev/null || exit 1
is 'what docs/slurm.md shows is so' "$(grep -c '^ok' "$T/docs.log") $(grep -c '^not ok' "$T/docs.log")" '2 0'

echo "required $plugin library=$T/none.so records=$records" >"$CLUSTER/etc/plugstack.conf"
run srun --vram=1G touch "$T/started"
is 'without the library nothing is started' "$([ "$status" -ne 0 ] && [ ! -e "$T/started" ] && echo none)" none
contains 'and it is said which' "$(cat "$T/err")" "rac: $T/none.so is not there, so no cap would hold"
echo "required $plugin librray=$SHIM" >"$CLUSTER/etc/plugstack.conf"
run srun true
contains 'an argument that is none is named' "$(cat "$T/err")" "plugstack.conf: unknown argument 'librray=$SHIM'"
echo "required $plugin records=$T report=$T/site-%r.json" >"$CLUSTER/etc/plugstack.conf"
chmod 1777 "$T"
run srun --vram=1G "$APPS/demo"
is 'where records cannot be kept caps hold all the same, and reports go where the site says' \
	"$status $(json "$T/site-0.json" 'r["devices"][0]["limit_bytes"] >> 20')" '0 1024'
contains 'which is said' "$(cat "$CLUSTER"/log/n?)" "'$T' must belong to uid"
finish
