# debian-root.sh - trees of other releases of Debian in build-worlds, fetched by debootstrap, used again, and
# entered by chroot. Sourced, not run, in the repository's root. Only root can use them.
#
#   DEBIAN_MIRROR   where from, default http://deb.debian.org/debian
# shellcheck shell=sh

worlds=build-worlds
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

# root_obstacle: why there can be no such tree here, if there is a reason.
root_obstacle() {
	if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
		echo 'only root may use debootstrap, chroot and mount'
	elif ! command -v debootstrap >/dev/null; then
		echo 'there is no debootstrap here'
	fi
}

# root_fetch NAME SUITE PACKAGES [COMMAND]: a tree of that release with these packages, between commas, in
# $worlds/NAME, in which COMMAND was run, whole or not at all.
root_fetch() {
	[ "$(cat "$worlds/$1/packages" 2>/dev/null)" != "$3${4:+ $4}" ] || return 0
	mkdir -p "$worlds"
	rm -rf "${worlds:?}/$1" "$worlds/$1.part"
	timeout 1800 debootstrap --variant=minbase --include="$3" "$2" "$worlds/$1.part" "$mirror" \
		>"$worlds/$1.log" 2>&1 || return 1
	[ -z "${4:-}" ] || root_within "$1.part" "$4" >>"$worlds/$1.log" 2>&1 || return 1
	echo "$3${4:+ $4}" >"$worlds/$1.part/packages"
	mv "$worlds/$1.part" "$worlds/$1"
}

# root_within NAME COMMAND: runs it there, in /src where there is such a folder. Its mounts end with it. The tree is
# a mount of its own, or no namespace could be made in it.
root_within() {
	# shellcheck disable=SC2016  # the inner shell's
	unshare --mount sh -c '
		mount --bind "$1" "$1" && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&
			mount -t sysfs sys "$1/sys" || exit 1
		exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd /src 2>/dev/null; $2"' \
		sh "$worlds/$1" "$2"
}

# root_once NAME COMMAND: the same, and what it changes is forgotten. $3, if given, is a folder to be seen in /given.
root_once() {
	mkdir -p "$worlds/once"
	# shellcheck disable=SC2016  # the inner shell's
	unshare --mount sh -c '
		mount -t tmpfs tmpfs "$4" && mkdir "$4/upper" "$4/work" "$4/root" || exit 1
		mount -t overlay overlay -o "lowerdir=$1,upperdir=$4/upper,workdir=$4/work" "$4/root" || exit 1
		root=$4/root
		mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" || exit 1
		if [ -n "$3" ]; then
			mkdir "$root/given" && mount --bind "$3" "$root/given" || exit 1
		fi
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "$2"' \
		sh "$worlds/$1" "$2" "${3:-}" "$worlds/once"
}

# root_copy_sources NAME [FOLDER]: the sources as they lie here, without what is built, in FOLDER (/src) there.
root_copy_sources() {
	rm -rf "${worlds:?}/$1${2:-/src}"
	mkdir "$worlds/$1${2:-/src}"
	tar -c --exclude='./build*' --exclude=./.git . | tar -x -C "$worlds/$1${2:-/src}"
}
