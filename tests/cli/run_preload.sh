#!/bin/sh
# run_preload.sh - how `rac run` finds the library and loads it into the program.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/tree.sh

make_tree "$T/tree"
rac=$T/tree/bin/rac
library=$T/tree/bin/librac_track.so
export NOTES="$T/notes"

preload() {
	sed -n 's/^LD_PRELOAD=//p' "$T/out"
}

run "$rac" run env
is 'the library is preloaded by its absolute path' "$(preload)" "$library"
is 'the library is loaded into the program, and into nothing else' "$(cat "$NOTES")" env

env | grep -v '^_=' | sort >"$T/before"
grep -v -e '^_=' -e '^LD_PRELOAD=' -e '^RAC_RECORD=.*/rac-run[.]' -e '^RAC_STACKS=native,python$' \
	"$T/out" | sort >"$T/after"
run diff "$T/before" "$T/after"
ended 'but for the record and the stacks that it keeps, the rest of the environment is as it was' 0 ''

run env LD_PRELOAD=/lib/a.so "$rac" run env
is 'it goes before what is preloaded already' "$(preload)" "$library:/lib/a.so"
run env LD_PRELOAD=' /lib/a.so  /lib/b.so:/lib/c.so: ' "$rac" run env
is 'entries are told apart by spaces and colons' "$(preload)" \
	"$library:/lib/a.so:/lib/b.so:/lib/c.so"
run env LD_PRELOAD= "$rac" run env
is 'an empty LD_PRELOAD is no entry' "$(preload)" "$library"

run "$rac" run "$rac" run env
is 'under itself it is not preloaded twice' "$(preload)" "$library"
run env LD_PRELOAD="/lib/a.so $library librac_track.so /other/place/librac_track.so" "$rac" run env
is 'copies from elsewhere make room for this one' "$(preload)" "$library:/lib/a.so"
run env LD_PRELOAD=/lib/my_librac_track.so "$rac" run env
is 'a library whose name only ends alike stays' "$(preload)" "$library:/lib/my_librac_track.so"

mv "$T/tree" "$T/moved"
run "$T/moved/bin/rac" run env
is 'a tree that was moved goes on working' "$(preload)" "$T/moved/bin/librac_track.so"
ln -s "$T/moved/bin/rac" "$T/rac"
run "$T/rac" run env
is 'so it does through a link' "$(preload)" "$T/moved/bin/librac_track.so"
PATH=$T/moved/bin:$PATH run rac run env
is 'so it does found in PATH' "$(preload)" "$T/moved/bin/librac_track.so"

mkdir -p "$T/moved/lib"
mv "$T/moved/bin/librac_track.so" "$T/moved/lib/"
run "$T/moved/bin/rac" run env
is 'it is found in ../lib' "$(preload)" "$T/moved/lib/librac_track.so"
triplet=$(uname -m)-linux-gnu
mkdir -p "$T/moved/lib/$triplet"
mv "$T/moved/lib/librac_track.so" "$T/moved/lib/$triplet/"
run "$T/moved/bin/rac" run env
is "it is found in ../lib/$triplet" "$(preload)" "$T/moved/lib/$triplet/librac_track.so"

rm "$T/moved/lib/$triplet/librac_track.so"
run "$T/moved/bin/rac" run sh -c "echo started"
ended 'without the library nothing starts' 125 "rac run: librac_track.so is neither in \
'$T/moved/bin/' nor in ../lib or ../lib/$triplet from there; put it beside rac"
is 'and nothing was started' "$(cat "$T/out")" ''

# shellcheck disable=SC2016  # the dollar sign is meant
for name in 'with space' 'with:colon' 'with$dollar'; do
	make_tree "$T/$name"
	run "$T/$name/bin/rac" run sh -c "echo started"
	bad=$(printf '%s' "$name" | sed 's/^with\(.\).*/\1/')
	ended "a library in a folder '$name' is refused" 125 "rac run: \
'$T/$name/bin/librac_track.so' cannot be preloaded: the dynamic linker does not take a path with \
'$bad' in it; move rac and librac_track.so to a folder without spaces, colons and dollar signs"
	is "and nothing was started from '$name'" "$(cat "$T/out")" ''
done

finish
