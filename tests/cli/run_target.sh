#!/bin/sh
# run_target.sh - `rac run` says when the library cannot work in a program, and runs it all the
# same.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/tree.sh

make_tree "$T/tree"
rac=$T/tree/bin/rac
empty='int main(void) { return 7; }'
uncounted='so no cap holds in it and nothing is counted'

# built NAME FLAG…: the empty program as $T/NAME, or a skipped test.
built() {
	name=$1
	shift
	try_compile "$T/$name" "$empty" "$@" && return 0
	skip "$name program" 'this machine cannot link it'
	return 1
}

if built dynamic; then
	run "$rac" run "$T/dynamic"
	ended 'of a dynamic program nothing is said' 7 ''
	printf '#! %s\nx\n' "$T/dynamic" >"$T/script"
	chmod +x "$T/script"
	run "$rac" run "$T/script"
	ended 'nor of a script that such a program runs' 7 ''
fi

if built static -static; then
	warning="rac run: warning: '$T/static' is linked statically, $uncounted"
	run "$rac" run "$T/static"
	ended 'a static program is warned of and runs' 7 "$warning"
	printf '#!%s\n' "$T/static" >"$T/script"
	chmod +x "$T/script"
	run "$rac" run "$T/script"
	ended 'so is a script that such a program runs' 7 "$warning"
	PATH=$T:$PATH run "$rac" run static
	ended 'so is one that was found in PATH' 7 "$warning"
fi
if built static-pie -static-pie -fPIE; then
	run "$rac" run "$T/static-pie"
	ended 'so is a static program that can be moved' 7 \
		"rac run: warning: '$T/static-pie' is linked statically, $uncounted"
fi

if built musl "-Wl,--dynamic-linker=/lib/ld-musl-none.so.1"; then
	run "$rac" run "$T/musl"
	is 'of a program for musl nothing is said: the library works there' "$(grep -c warning "$T/err")" 0
fi

printf '\177ELF\001\001\001' >"$T/short"
head -c 60 /dev/zero >>"$T/short"
chmod +x "$T/short"
run "$rac" run "$T/short"
contains 'a 32-bit program is warned of' "$(cat "$T/err")" "rac run: warning: '$T/short' is for \
another kind of machine than the library, $uncounted"

# A name of another machine (21 is 64-bit PowerPC) in a copy.
if [ -x "$T/dynamic" ]; then
	cp "$T/dynamic" "$T/other"
	printf '\025\000' | dd of="$T/other" bs=1 seek=18 conv=notrunc 2>"$T/err"
	run "$rac" run "$T/other"
	contains 'a program for another machine is warned of' "$(cat "$T/err")" "rac run: \
warning: '$T/other' is for another kind of machine than the library, $uncounted"
fi

rights="runs with other rights than yours (setuid, setgid or capabilities): the dynamic linker \
then ignores the library, $uncounted"
if [ "$(id -u)" -eq 0 ] && [ -x "$T/dynamic" ]; then
	chmod 755 "$T"
	cp "$T/dynamic" "$T/setuid"
	chown 65534 "$T/setuid" && chmod 4755 "$T/setuid"
	run "$rac" run "$T/setuid"
	ended 'a setuid program is warned of and runs' 7 "rac run: warning: '$T/setuid' $rights"
	cp "$T/dynamic" "$T/setgid"
	chgrp 65534 "$T/setgid" && chmod 2755 "$T/setgid"
	run "$rac" run "$T/setgid"
	ended 'so is a setgid program' 7 "rac run: warning: '$T/setgid' $rights"
	cp "$T/dynamic" "$T/own"
	chmod 4755 "$T/own"
	run "$rac" run "$T/own"
	ended 'not so one that is setuid to who runs it' 7 ''
else
	skip 'a setuid program is warned of' 'only root can make one of another user'
fi

finish
