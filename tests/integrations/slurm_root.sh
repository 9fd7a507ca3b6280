#!/bin/sh
# slurm_root.sh - the SPANK plugin where slurmd runs as root and jobs as users: what belongs to a user is touched
# with his rights alone.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/slurm.sh

name='the plugin where slurmd is root'
slurm_or_skip "$name"
plugin=$B/slurm/spank_rac.so
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	skip "$name" 'only root can have that'
	finish
elif [ ! -r "$plugin" ]; then
	skip "$name" "$plugin is not built: make slurm"
	finish
fi
slurm_configure
records=$CLUSTER/records
echo "required $plugin library=$SHIM rac=$RAC records=$records" >"$CLUSTER/etc/plugstack.conf"
slurm_start_or_fail
# Of nobody, in a folder where he may write.
mkdir -m 1777 "$T/home"
as_user="setpriv --reuid=nobody --regid=nogroup --clear-groups"
compile_hold

# hold VARIABLE=VALUE…: a step of the user that holds memory until it is killed.
hold() {
	rm -f "$T"/home/held.*
	$as_user env HELD="$T/home/held" "$@" srun --chdir="$T/home" --vram=1G "$T/hold" >"$T/out" 2>"$T/err" &
	step=$!
	for slurm_try in $(seq 300); do
		[ ! -e "$T/home/held.0" ] || break
		sleep 0.1
	done
}
end() {
	$as_user scancel --user nobody
	wait "$step"
}

hold RAC_REPORT=report.json
is 'records are the user'\''s alone' "$(stat -c '%U %a' "$records" "$records"/* "$records"/*/* "$records"/*/*/*)" \
	'root 755
nobody 700
nobody 700
nobody 600'
end
is 'what is killed is reported, relative to where it ran' "$(ended_as "$T/home/report.json")" "('signal', 15, 100)"
is 'by the user' "$(stat -c %U "$T/home/report.json")" nobody
mkdir -m 700 "$T/roots"
hold RAC_REPORT="$T/roots/report.json"
end
is 'who cannot write somewhere else either' "$(ls -A "$T/roots")" ''
contains 'which is said' "$(cat "$T/err" "$CLUSTER"/log/n?)" 'no report of process'
hold RAC_REPORT="$T/home/link.json"
rank=$(echo "$records"/*/0)
$as_user sh -c 'mv "$0" "$0.away" && ln -s "$1" "$0"' "$rank" "$T/roots"
touch "$T/roots/of-root"
end
is 'a link in the place of a folder leads nobody to what is root'\''s' "$(ls -A "$T/roots")" of-root
$as_user sh -c 'rm -rf "$0"/*/*' "$records"

# In the place of rac one that says what it has been left.
cat >"$T/lister" <<END
#!/bin/sh
ls /proc/self/fd | tr '\n' ' ' >$T/home/left.new
id -u -n >>$T/home/left.new
mv $T/home/left.new $T/home/left
END
chmod 755 "$T/lister"
sed -i "s,rac=[^ ]*,rac=$T/lister," "$CLUSTER/etc/plugstack.conf"
hold
end
comes "$T/home/left"
is 'what runs as the user has nothing of root open' "$(cat "$T/home/left")" '0 1 2 3 nobody'
finish
