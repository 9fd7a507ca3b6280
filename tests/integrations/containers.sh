#!/bin/sh
# containers.sh - what `rac cdi` writes, in real podman with runc on a Debian made by debootstrap; the Containerfile and the
# pods of integrations/kubernetes, in podman as well.
cd "$(dirname "$0")/../.." || exit 1

# Runtimes look in /var/run/cdi: ours is seen by this test alone.
if [ -z "${CONTAINERS_APART:-}" ] && [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
	CONTAINERS_APART=yes exec unshare --mount sh "$0"
fi
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/venv.sh

none() {
	skip 'containers' "$1"
	finish
}
[ -n "${CONTAINERS_APART:-}" ] || none 'only root may mount what podman needs, and this is not root, or has no namespaces'
for program in podman runc debootstrap; do
	command -v "$program" >/dev/null || none "there is no $program here"
done
root=$PWD/build-integrations/bookworm
if [ ! -e "$root.complete" ]; then
	rm -rf "$root"
	mkdir -p build-integrations
	timeout 900 debootstrap --variant=minbase bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" \
		>"$root.log" 2>&1 || none "debootstrap failed: $(tail -n 1 "$root.log")"
	touch "$root.complete"
fi
mkdir -p /var/run/cdi && mount -t tmpfs cdi /var/run/cdi || none 'nothing can be mounted on /var/run/cdi'
trap 'umount /var/run/cdi; podman_clear; rm -rf "$T"' EXIT

# podman_run ARGUMENT…: a container of the tree, in a sandbox's terms: no network, no cgroups, limits as they are.
podman_alone() {
	podman --root "$T/podman" --runroot "$T/podman.run" --storage-driver vfs --runtime runc --cgroup-manager cgroupfs "$@"
}
podman_run() {
	run podman_alone run --rm --network=none --cgroups=no-conmon --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
		-v "$B:$B:ro" "$@"
}
podman_clear() {
	podman_alone rm -af >"$T/null" 2>&1
	# What podman has mounted lies in a folder that is about to be removed.
	sed -n "s,^[^ ]* \($T/[^ ]*\) .*,\1,p" /proc/mounts | sort -r | while read -r mounted; do umount "$mounted"; done
}

podman_run --rootfs "$root" true
[ "$status" -eq 0 ] || none "podman runs no container here: $(head -n 1 "$T/err")"

mkdir "$T/reports"
mkdir -m 1777 "$T/status"
# reported EXPRESSION: over the report r that a container left, which is then removed.
reported() {
	"$PYTHON" -c "import glob, json, sys; r, = map(json.load, map(open, glob.glob(sys.argv[1] + '/*.json'))); print($1)" \
		"$T/reports" 2>&1
	rm -f "$T"/reports/*
}
figures='r["devices"][0]["limit_bytes"], r["devices"][0]["peak_bytes"] >> 20, r["devices"][0]["refused"]'

run "$RAC" cdi --reports "$T/reports" --status-dir "$T/status" --output /var/run/cdi/rac.json 640M
schema=/usr/share/gocode/src/github.com/container-orchestrated-devices/container-device-interface/schema/schema.json
if [ -e "$schema" ] && /usr/bin/python3 -c 'import jsonschema' 2>"$T/null"; then
	is 'the specification fits its schema' "$(cd "${schema%/*}" && /usr/bin/python3 -c '
import json, jsonschema, sys
schema = json.load(open("schema.json"))
jsonschema.validate(json.load(open(sys.argv[1])), schema, resolver=jsonschema.RefResolver("file://" + sys.argv[2], schema))
' /var/run/cdi/rac.json "$schema" 2>&1 | tail -n 1)" ''
else
	skip 'the specification fits its schema' "there is no jsonschema or no $schema here"
fi

podman_run --device rac.dev/vram=640M --rootfs "$root" "$B/apps/demo"
ended 'a program runs in a container with a cap' 0
contains 'the cap is enforced' "$(cat "$T/out")" 'layer 6 does not fit'
is 'its report comes to the host' "$(reported "$figures")" "$((640 << 20)) 625 1"
is 'and nothing is left in the folder of those that run' "$(ls "$T/status")" ''
podman_run --device rac.dev/vram=env --rootfs "$root" "$B/apps/demo"
is 'the device "env" counts' "$(reported "$figures")" 'None 1225 0'
podman_run --device rac.dev/vram=env -e CUDA_DEVICE_MEMORY_LIMIT_0=655360k --rootfs "$root" "$B/apps/demo"
is 'and takes the cap that HAMi, Volcano and KAI set' "$(reported "$figures")" "$((640 << 20)) 625 1"
podman_run --device rac.dev/vram=env -e NVIDIA_GPU_MEMORY_LIMIT=640 --rootfs "$root" "$B/apps/demo"
is 'or the one of the container toolkit' "$(reported "$figures")" "$((640 << 20)) 625 1"
podman_run --device rac.dev/vram=2G --rootfs "$root" true
contains 'a device that is not in it is refused by podman' "$status $(cat "$T/err")" 'unresolvable CDI devices rac.dev/vram=2G'

# Seen from the host while it runs.
mkfifo "$T/hold"
podman_alone run --rm --network=none --cgroups=no-conmon --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -v "$B:$B:ro" \
	-v "$T:$T" --device rac.dev/vram=640M --rootfs "$root" sh -c "\"$B/apps/group_member\" take:64M wait <\"$T/hold\"" \
	>"$T/held" 2>&1 &
exec 9>"$T/hold"
tries=0
until grep -q granted "$T/held" || [ "$tries" -eq 300 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
run "$RAC" top --json --status-dir "$T/status"
contains 'rac top on the host sees it' "$(cat "$T/out")" '"program":"group_member"'
run "$RAC" export --format prometheus --running --status-dir "$T/status"
is 'and so do metrics' "$(sed -n 's/^rac_device_live_bytes.*program="group_member".* //p' "$T/out")" $((64 << 20))
exec 9>&-
wait
rm -f "$T"/reports/*

# The image's own LD_PRELOAD stays with --preload file.
compile "$T/image.so" 'int image_was_here;' -shared -fPIC
cp "$T/image.so" "$root/image.so"
podman_run --device rac.dev/vram=640M -e LD_PRELOAD=/image.so --rootfs "$root" grep -o -e 'librac_track.so$' -e 'image.so$' /proc/self/maps
is 'by LD_PRELOAD the library takes the place of what the image preloads' "$(sort -u "$T/out" | tr '\n' ' ')" 'librac_track.so '
run "$RAC" cdi --preload file --reports "$T/reports" --output /var/run/cdi/rac.json 640M
podman_run --device rac.dev/vram=640M -e LD_PRELOAD=/image.so --rootfs "$root" grep -o -e 'librac_track.so$' -e 'image.so$' /proc/self/maps
is 'by file both are loaded' "$(sort -u "$T/out" | tr '\n' ' ')" 'image.so librac_track.so '
podman_run --device rac.dev/vram=640M --rootfs "$root" "$B/apps/demo"
is 'and the cap is enforced' "$(reported "$figures")" "$((640 << 20)) 625 1"
podman_run --device rac.dev/vram=640M --rootfs "$root" su -s /bin/sh nobody -c true
ended 'setuid programs run' 0 ''

# HAMi mounts a library of this name and an ld.so.preload that names it.
echo /usr/local/vgpu/libvgpu.so >"$T/vgpu.preload"
podman_run -v "$B/librac_track.so:/usr/local/vgpu/libvgpu.so:ro" -v "$T/vgpu.preload:/etc/ld.so.preload:ro" -v "$T/reports:/reports" \
	-e CUDA_DEVICE_MEMORY_LIMIT_0=640m -e CUDA_DEVICE_SM_LIMIT=50 -e RAC_REPORT=/reports/%p.json --rootfs "$root" "$B/apps/demo"
is "in the place of HAMi's library it takes the same variables" "$(reported "$figures")" "$((640 << 20)) 625 1"

. tests/lib/pods.sh
if command -v script >/dev/null; then
	run scripts/check-readme.sh docs/containers.md
	ended 'docs/containers.md does what it says' 0
	grep '^not ok' -A 20 "$T/out"
fi
finish
