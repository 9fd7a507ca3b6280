#!/bin/sh
# arrays.sh - arrays and mipmapped arrays: charged by what they occupy, as the simulated driver's
# own books have it, and given back by destroying them or their context.
# shellcheck disable=SC2086  # lists of steps are split on purpose
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

steps=$APPS/array_steps

# live_of_arrays: by the last report.
live_of_arrays() {
	report 'r["devices"][0]["kinds"]["array"]["live_bytes"]'
}

# The driver is asked where it can say, else texels are counted: the simulated one pads rows where
# it is asked, so that the two differ.
asked=SIMCUDA_ARRAY_ROW=512
counted='SIMCUDA_FAIL=cuDeviceGetAttribute:*=1'

for format in 01 02 03 08 09 0a 10 20 50 91 92 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f \
	a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 ca cb; do
	for way in "$asked" "$counted"; do
		shimmed "$way" "$steps" 32,64,32,0,0x$format,4,0,0
		figures "an array of format 0x$format is charged by its true size ($way)"
	done
	is "and was made (0x$format)" "$(sed 's/.* //' "$T/out")" 0
done

for way in "$asked" "$counted"; do
	shimmed "$way" "$steps" 1,100,0,0,0x20,1,0,0 1,100,7,0,0x20,1,0,0 2,100,0,0,0x20,1,0,0 \
		2,100,7,0,0x20,1,0,0 31,100,7,3,0x20,1,0,0 32,100,7,3,0x20,1,0,0 \
		32,100,0,5,0x20,1,1,0 32,64,64,6,0x20,1,4,0
	figures "all ways to make an array, one to three dimensions, layers, cubes (B2, $way)"
	is 'all of them were made' "$(grep -c ' 0$' "$T/out")" 8

	shimmed "$way" "$steps" m,64,64,0,0x20,4,0,7 m,64,64,0,0x20,4,0,3 m,64,64,0,0x20,4,0,100 \
		m,64,64,0,0x20,4,0,0 m,100,0,0,0x20,1,0,100 m,33,17,9,0x01,1,0,100 \
		m,64,64,5,0x20,1,1,100 m,4,4,64,0x20,1,1,100 m,64,64,6,0x20,1,4,7
	figures "mipmapped arrays by all of their levels, layers not halved (B2, $way)"
	is 'all of these were made' "$(grep -c ' 0$' "$T/out")" 9
done

# A4, B1: ten of 1 GiB each were all accepted; one of 256 MiB was refused.
big=2,16384,16384,0,0x20,1,0,0
shimmed RAC_LIMIT=1G "$steps" $big $big $big $big $big $big $big $big $big $big
is 'of ten arrays of 1 GiB one fits under 1 GiB (A4)' "$(grep -c ' 0$' "$T/out")" 1
is 'the others are refused as out of memory' "$(grep -c ' 2$' "$T/out")" 9
figures 'and that is what the driver holds'
quarter=2,8192,8192,0,0x20,1,0,0
shimmed RAC_LIMIT=1G "$steps" $quarter $quarter $quarter $quarter 2,1,1,0,0x20,1,0,0
is 'four arrays of 256 MiB fill 1 GiB, and nothing more fits (B1)' \
	"$(sed 's/.* //' "$T/out" | tr '\n' ' ')" '0 0 0 0 2 '

shimmed "$steps" 32,512,512,0,0x20,1,64,0 32,512,512,0,0x20,1,128,0 m,512,512,0,0x20,1,64,3 \
	m,512,512,0,0x20,1,128,3
is 'sparse and deferred arrays take nothing' "$(live_of_arrays)" 0
shimmed "$steps" 32,512,512,0,0x20,1,64,0 32,512,512,0,0x20,1,128,0 m,512,512,0,0x20,1,64,3 \
	free=0 free=1 free=2
is 'and their return is known' "$(report 'r["unknown_frees"]')" 0

shimmed "$steps" 32,64,64,0,0x20,4,0,0 m,64,64,0,0x20,4,0,7 32,64,64,0,0x20,4,0,0 free=0 free=1
figures 'destroying gives back'
shimmed "$steps" context 32,64,64,0,0x20,4,0,0 m,64,64,0,0x20,4,0,7 end
figures 'so does the end of the context'
is 'with it the entries are gone' "$(live_of_arrays)" 0
shimmed "$steps" m,64,64,0,0x20,4,0,7 part=0
figures 'the level of a mipmapped array is no charge and no return'
is 'destroying it is counted as unknown' "$(report 'r["unknown_frees"]')" 1

shimmed "SIMCUDA_FAIL=cuArrayGetMemoryRequirements:*=1" "$steps" 32,512,512,0,0x20,4,0,0
figures 'texels are counted where the driver fails to answer, too'
shimmed "$asked" "$steps" 32,64,64,0,0x20,4,0,0 32,64,64,0,0x20,4,0,0 32,64,64,0,0x20,4,0,0
is 'the driver is asked once for arrays alike' \
	"$(truth 't["calls"]["cuArrayGetMemoryRequirements"]')" 1
run "$steps" capture 32,64,64,0,0x20,4,0,0 captured
cp "$T/out" "$T/plain"
shimmed "$steps" capture 32,64,64,0,0x20,4,0,0 captured
is 'a capture goes as it goes without the shim' "$status $(cat "$T/out")" "0 $(cat "$T/plain")"
shimmed RAC_LIMIT=1K "$steps" capture 32,64,64,0,0x20,4,0,0 captured
is 'a refusal does not end a capture' "$(sed 's/.* //' "$T/out" | tr '\n' ' ')" '0 2 0 '

run "$APPS/array_edges"
cp "$T/out" "$T/plain"
shimmed "$APPS/array_edges"
is 'arguments at the edge give what the driver gives' \
	"$status $(cat "$T/out")" "0 $(cat "$T/plain")"
shimmed "SIMCUDA_FAIL=cuArray3DCreate_v2:*=2" "$steps" 32,64,64,0,0x20,4,0,0
is "the driver's own refusal is passed on" "$(sed 's/.* //' "$T/out")" 2
figures 'and leaves nothing charged'

finish
