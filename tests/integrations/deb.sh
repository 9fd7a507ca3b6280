#!/bin/sh
# deb.sh - the Debian packages: lintian finds nothing, one of each processor asks for no more than Debian 11 has, and
# on clean roots of Debian 11, 12 and 13 it is installed, runs the demonstration, is purged and leaves nothing.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. scripts/debian-root.sh

# What the oldest of them has.
oldest_glibc=2.31

run scripts/deb.sh
case $status in
0) ok 'packages are built for both processors' ;;
3)
	skip 'packages are built, installed and removed' "$(tail -n 1 "$T/err")"
	finish
	;;
*)
	not_ok 'packages are built for both processors' "$(cat "$T/out" "$T/err")"
	finish
	;;
esac

# newest_symbol FILE: of the versions of glibc's symbols that it asks for.
newest_symbol() {
	readelf -W --dyn-syms "$1" | sed -n 's/.* UND .*@GLIBC_\([0-9.]*\).*/\1/p' | sort -V | tail -n 1
}

for arch in amd64 arm64; do
	deb=$(echo "$B"/deb/librac-track_*_$arch.deb)
	if command -v lintian >/dev/null; then
		run lintian --allow-root --display-info --fail-on error,warning,info "$deb"
		is "$arch: lintian finds nothing" "$status $(cat "$T/out")" '0 '
	else
		skip "$arch: lintian finds nothing" 'there is no lintian here'
	fi
	is "$arch: its version is the one of all" "$(dpkg-deb -f "$deb" Version)" "$(sed -n 's/^VERSION *:= *//p' Makefile)"
	dpkg-deb -x "$deb" "$T/$arch"
	for file in $(cd "$T/$arch" && find . -type f -perm -100 -o -name '*.so' | grep -v integrations | sort); do
		is "$arch: $file asks for nothing newer than glibc $oldest_glibc" \
			"$(printf '%s\n' "$(newest_symbol "$T/$arch/$file")" "$oldest_glibc" | sort -V | tail -n 1)" \
			"$oldest_glibc"
		contains "$arch: and is for it" "$(readelf -h "$T/$arch/$file")" \
			"$(if [ $arch = amd64 ]; then echo X86-64; else echo AArch64; fi)"
	done
	run scripts/check-library.sh "$(echo "$T/$arch"/usr/lib/*/librac_track.so)"
	ended "$arch: the library is as any that is built" 0
done
run env -C "$B/deb" sha256sum -c SHA256SUMS
ended 'their checksums are right' 0 ''
is 'a package of each processor has the same files' "$(cd "$T/amd64" && find . | sed 's/x86_64-linux-gnu/MACHINE/' | sort)" \
	"$(cd "$T/arm64" && find . | sed 's/aarch64-linux-gnu/MACHINE/' | sort)"

# What is run in each root; the package and the demonstration are in /given.
cat >"$T/steps" <<'END'
all() {
	find / -xdev ! -path '/given*' ! -path '/tmp/*' | sort
}
all >/tmp/before
dpkg -i /given/deb/librac-track_*_amd64.deb >/tmp/log 2>&1 || { cat /tmp/log; echo 'it cannot be installed'; }
all >/tmp/with
/usr/bin/rac run --limit 640M /given/apps/demo 2>&1 | sed -n 's/^==rac [0-9]*== SUMMARY: /summary: /p'
LD_PRELOAD=librac_track.so RAC_LIMIT=640M /given/apps/demo 2>&1 | grep -c refused:
rac estimate tensor 2x3 bf16 --json | grep -c rac.estimate/1
rac export --format pprof /given/report.json | head -c 2 | od -An -tx1
echo "installed: $(comm -13 /tmp/before /tmp/with | grep -c /usr/share/man/man1/rac-)"
dpkg --purge librac-track >/tmp/log 2>&1 || { cat /tmp/log; echo 'it cannot be purged'; }
all >/tmp/after
echo "left: $(comm -13 /tmp/before /tmp/after) lost: $(comm -23 /tmp/before /tmp/after)"
END
mkdir "$T/given"
cp -r "$B/deb" "$T/given/deb"
cp -r "$worlds/deb-build/src-amd64/build/apps" "$worlds/deb-build/src-amd64/build/sim" "$T/given/"
cp "$T/steps" tests/data/reports/train.json "$T/given/" && mv "$T/given/train.json" "$T/given/report.json"

# needed SUITE: the packages that it depends on, without versions, as that release calls them.
needed() {
	dpkg-deb -f "$B"/deb/librac-track_*_amd64.deb Depends | sed 's/ *([^)]*)//g; s/ *, */,/g' |
		sed "$([ "$1" != trixie ] || echo 's/libdw1/libdw1t64/; s/libelf1/libelf1t64/')"
}
# In an emulator, with the libraries of Debian 11.
emulator=$(command -v qemu-aarch64-static)
emulated() {
	"$emulator" -L "$worlds/deb-build" "$@"
}
if [ -n "$emulator" ]; then
	demo=$worlds/deb-build/src-arm64/build/apps/demo
	is 'arm64: the command runs' "$(emulated "$T/arm64/usr/bin/rac" estimate tensor 2x3 bf16 --json | grep -c rac.estimate/1)" 1
	run emulated -E LD_PRELOAD="$(echo "$T"/arm64/usr/lib/*/librac_track.so)" -E RAC_LIMIT=640M "$demo"
	is 'arm64: and so does the library' "$(sed -n 's/^==rac [0-9]*== SUMMARY: //p' "$T/err")" \
		'peak 625 MiB on device 0; still allocated at exit: 48.0 MiB in 1 allocation; 1 request refused'
else
	skip 'arm64: it runs' 'there is no qemu-aarch64-static here'
fi

for suite in bullseye bookworm trixie; do
	if ! root_fetch "deb-$suite" "$suite" "$(needed $suite)"; then
		skip "$suite: it is installed, runs and is purged" "no root of it could be fetched from $mirror"
		continue
	fi
	run root_once "deb-$suite" 'sh /given/steps' "$T/given"
	is "$suite: it is installed, runs, is purged, and leaves nothing" "$(cat "$T/out" "$T/err")" \
		"summary: peak 625 MiB on device 0; still allocated at exit: 48.0 MiB in 1 allocation; 1 request refused
1
1
 1f 8b
installed: $("$RAC" --man | grep -c '^rac-')
left:  lost: "
done
finish
