# slurm.sh - a Slurm of our own for tests: slurmctld, munged and two slurmd on this machine, in one folder, by
# whoever runs it. Sourced after assert.sh.
#
# Sets CLUSTER, the folder; SLURM_CONF is exported. Its nodes are n1 and n2, each with two GPUs, which are no GPUs,
# and 16 shards.
# shellcheck shell=sh

CLUSTER=$T/cluster

# slurm_missing: what is missing to have one, if anything.
slurm_missing() {
	for slurm_command in slurmctld slurmd munged srun sbatch; do
		command -v "$slurm_command" >/dev/null || echo "$slurm_command"
	done | tr '\n' ' '
}

# slurm_configure LINE…: writes the configuration, with these lines of slurm.conf besides.
slurm_configure() {
	mkdir -p "$CLUSTER/etc" "$CLUSTER/log" "$CLUSTER/state" "$CLUSTER/spool.n1" "$CLUSTER/spool.n2" "$CLUSTER/munge"
	chmod 755 "$T" "$CLUSTER" "$CLUSTER/munge"
	slurm_host=$(hostname -s)
	# Of those that nobody is given by himself.
	slurm_port=$((10000 + $$ % 2000 * 10))
	dd if=/dev/urandom of="$CLUSTER/munge/key" bs=1 count=1024 2>/dev/null
	chmod 600 "$CLUSTER/munge/key"
	cat >"$CLUSTER/etc/slurm.conf" <<-END
		ClusterName=rac
		SlurmctldHost=$slurm_host(127.0.0.1)
		SlurmUser=$(id -un)
		SlurmdUser=$(id -un)
		AuthType=auth/munge
		AuthInfo=socket=$CLUSTER/munge/socket
		CredType=cred/munge
		SlurmctldPort=$slurm_port
		StateSaveLocation=$CLUSTER/state
		SlurmdSpoolDir=$CLUSTER/spool.%n
		SlurmctldPidFile=$CLUSTER/slurmctld.pid
		SlurmdPidFile=$CLUSTER/%n.pid
		SlurmctldLogFile=$CLUSTER/log/slurmctld
		SlurmdLogFile=$CLUSTER/log/%n
		ProctrackType=proctrack/pgid
		TaskPlugin=task/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		GresTypes=gpu,shard
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		PlugStackConfig=$CLUSTER/etc/plugstack.conf
		MpiDefault=none
		ReturnToService=2
		KillWait=20
		NodeName=n1 NodeHostname=$slurm_host NodeAddr=127.0.0.1 Port=$((slurm_port + 1)) CPUs=2 RealMemory=500 Gres=gpu:2,shard:16
		NodeName=n2 NodeHostname=$slurm_host NodeAddr=127.0.0.1 Port=$((slurm_port + 2)) CPUs=2 RealMemory=500 Gres=gpu:2,shard:16
		PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
	END
	# Slurm wants to see a device for each; any will do.
	cat >"$CLUSTER/etc/gres.conf" <<-END
		AutoDetect=off
		NodeName=n[1-2] Name=gpu File=/dev/tty[0-1]
		NodeName=n[1-2] Name=shard Count=16
	END
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$CLUSTER/etc/slurm.conf"
	: >"$CLUSTER/etc/plugstack.conf"
	export SLURM_CONF="$CLUSTER/etc/slurm.conf"
}

# slurm_start: false, with the end of the logs, where it does not come up.
slurm_start() {
	trap 'slurm_stop; rm -rf "$T"' EXIT
	munged --force --key-file="$CLUSTER/munge/key" --socket="$CLUSTER/munge/socket" \
		--pid-file="$CLUSTER/munged.pid" --log-file="$CLUSTER/log/munged" \
		--seed-file="$CLUSTER/munge/seed" --num-threads=2 &&
		slurmctld -c && slurmd -N n1 -c && slurmd -N n2 -c && slurm_is_up
	slurm_status=$?
	[ "$slurm_status" -eq 0 ] || tail -n 5 "$CLUSTER"/log/* | sed 's/^/# /'
	return "$slurm_status"
}

slurm_is_up() {
	for slurm_try in $(seq 300); do
		[ "$(sinfo -h -N -o %t 2>/dev/null | tr '\n' ' ')" != 'idle idle ' ] || return 0
		sleep 0.2
	done
	return 1
}

# slurm_gone JOB: waits until the job is over.
slurm_gone() {
	for slurm_try in $(seq 150); do
		case $(squeue -h -j "$1" -o %T 2>/dev/null) in
		'') return 0 ;;
		esac
		sleep 0.2
	done
	return 1
}

# comes FILE…: waits until all of them are there.
comes() {
	for slurm_file; do
		for slurm_try in $(seq 150); do
			[ ! -e "$slurm_file" ] || break
			sleep 0.2
		done
	done
}

slurm_stop() {
	[ -e "$CLUSTER/slurmctld.pid" ] && scancel --state=RUNNING --full -u "$(id -un)" 2>/dev/null
	for slurm_daemon in n1 n2 slurmctld munged; do
		slurm_pid=$(cat "$CLUSTER/$slurm_daemon.pid" 2>/dev/null) || continue
		kill "$slurm_pid" 2>/dev/null
		for slurm_try in $(seq 50); do
			kill -0 "$slurm_pid" 2>/dev/null || break
			sleep 0.1
		done
	done
}

# slurm_or_skip NAME: ends the test where no cluster can be had.
slurm_or_skip() {
	slurm_lacks=$(slurm_missing)
	[ -n "$slurm_lacks" ] || return 0
	skip "$1" "not here: $slurm_lacks"
	finish
}

slurm_start_or_fail() {
	slurm_start && return
	not_ok 'Slurm starts'
	finish
}

# What both ways of capping tasks are shown by.

# json FILE EXPRESSION
json() {
	"$PYTHON" -c "import json, sys; r = json.load(open(sys.argv[1])); print($2)" "$1" 2>&1
}

# of VARIABLE: what the task printed of its environment.
of() {
	sed -n "s/^$1=//p" "$T/out"
}

# pair FLAG…: two processes on one node take 600M each, and hold it until both have asked.
pair() {
	rm -rf "$T/met"
	mkdir -p "$T/met"
	run srun -N1 -n2 --overcommit "$@" "$APPS/group_member" take:600M \
		"run:touch $T/met/\$SLURM_PROCID; until [ -e $T/met/0 ] && [ -e $T/met/1 ]; do sleep 0.1; done"
	sort "$T/out" >"$T/words"
}

# compile_hold: a program that takes 100 MiB and holds them until it is ended.
compile_hold() {
	compile "$T/hold" '
		#include <cuda.h>
		#include <fcntl.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <unistd.h>
		int main(void)
		{
			CUdeviceptr memory;
			CUcontext context;
			char path[4096];
			if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context) ||
				cuMemAlloc(&memory, 100 << 20))
				return 99;
			snprintf(path, sizeof(path), "%s.%s", getenv("HELD"), getenv("SLURM_PROCID"));
			close(open(path, O_CREAT | O_WRONLY, 0600));
			pause();
			return 0;
		}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"
}

# ended_as REPORT: how it ended, and what was held.
ended_as() {
	json "$1" '(r["process"]["end"]["how"], r["process"]["end"]["status"], r["devices"][0]["live_bytes"] >> 20)'
}

# submit [VARIABLE=VALUE…]: a job of two ranks that hold memory until somebody ends them, once they do; sets $job.
submit() {
	rm -f "$T"/held.*
	job=$(env "$@" HELD="$T/held" sbatch --parsable --chdir="$T" -N2 -n2 ${slurm_ask-} -o "$T/killed.out" --wrap "srun $T/hold")
	for slurm_try in $(seq 300); do
		[ ! -e "$T/held.0" ] || [ ! -e "$T/held.1" ] || break
		sleep 0.1
	done
}
