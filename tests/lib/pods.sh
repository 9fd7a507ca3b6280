# pods.sh - tests of the pods of integrations/kubernetes: they fit the schemas of Kubernetes, and run in podman. A part of
# tests/integrations/containers.sh, which sources it.
# shellcheck shell=sh

pods=integrations/kubernetes
if venv_make kubernetes 'kubernetes-validate'; then
	for pod in $pods/*.yaml; do
		run "$venv/bin/kubernetes-validate" --strict "$pod"
		ended "${pod##*/} fits the schema of Kubernetes" 0
	done
else
	skip 'pods fit the schema of Kubernetes' "$venv_why"
fi

# Limits as they are, and cgroups for the containers alone: a sandbox may not raise the one or make others.
cat >"$T/containers.conf" <<-END
	[containers]
	cgroups = "no-conmon"
	default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
	netns = "none"
END
export CONTAINERS_CONF="$T/containers.conf"

# Images without a registry: the tree, the same with the program, and the one that brings the library.
mkdir "$T/context"
cp -r "$B/apps/demo" "$B/sim" "$T/context"
printf 'FROM localhost/tree\nCOPY demo /opt/apps/demo\nCOPY sim /opt/sim\n' >"$T/context/Containerfile"
mkdir -p "$T/tree/build"
cp "$B/librac_track.so" "$T/tree/build"
tar -C "$root" -c . | podman_alone import -q - localhost/tree >"$T/images" 2>&1 &&
	podman_alone build -q --network=none -t localhost/demo "$T/context" >"$T/images" 2>&1 &&
	podman_alone build -q --network=none --from localhost/tree -t localhost/librac_track:0.1.0 -f $pods/Containerfile "$T/tree" \
		>"$T/images" 2>&1
images=$?

# played POD: runs it to its end; what the program said is in $T/out.
played() {
	sed -e 's,REGISTRY,localhost,; s,\[COMMAND\],[/opt/apps/demo],; s,IMAGE,localhost/demo,' -e 's,value: 8G,value: 640M,' \
		-e "s,/usr/lib/x86_64-linux-gnu/librac_track.so,$B/librac_track.so," \
		-e "s,path: /run/rac,path: $T/status,; s,path: /var/log/rac,path: $T/reports," "$pods/$1.yaml" >"$T/pod.yaml"
	podman_alone play kube --network=none "$T/pod.yaml" >"$T/play" 2>&1 || return 1
	program=$(podman_alone ps -a --format '{{.Names}}' | grep -v -e infra -e '-rac$' | head -n 1)
	timeout 60 podman --root "$T/podman" --runroot "$T/podman.run" --storage-driver vfs --runtime runc wait "$program" >"$T/play" 2>&1
	run podman_alone logs "$program"
	podman_alone play kube --down "$T/pod.yaml" >"$T/play" 2>&1
}

if [ "$images" -ne 0 ]; then
	skip 'pods run in podman' "podman builds no image here: $(tail -n 1 "$T/images")"
elif ! played pod-image; then
	skip 'pods run in podman' "podman plays no pod here: $(tail -n 1 "$T/play")"
else
	contains 'the pod whose library comes from an image is capped' "$(cat "$T/out" "$T/err")" \
		"by group '"
	contains 'and reports to its log' "$(cat "$T/out" "$T/err")" 'of the limit of 640 MiB'
	played pod-node
	is 'the pod whose library is the node'\''s reports there' "$(reported "$figures")" "$((640 << 20)) 625 1"
fi
unset CONTAINERS_CONF
