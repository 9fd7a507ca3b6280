#!/bin/sh
# life_exec.sh - a program that another one replaces reports at that moment, once, and not when nothing came of
# it; what it does otherwise stays what it is.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

app=$APPS/life_exec
functions='execve execv execvp execvpe execl execlp execle fexecve execveat'
# What runs in its place.
# shellcheck disable=SC2016  # for that shell
said='echo "$MARK $0 $1"; exit 5'

# ends FILE: how the reports in it say that their programs ended, one word each.
ends() {
	sed -n -e 's/^==rac [0-9]*== replaced itself by exec .*/exec/p' \
		-e 's/^==rac [0-9]*== ended with status \([0-9]*\) .*/exit-\1/p' \
		-e 's/^==rac [0-9]*== ended by _exit with status \([0-9]*\) .*/_exit-\1/p' \
		-e 's/^==rac [0-9]*== the program goes on, .* (errno \([0-9]*\)).*/withdrawn-\1/p' "$1" |
		tr '\n' ' '
}

# replaced NAME PLACE FUNCTION STATUS ENDS FILE…: with and without the shim the output and this status are the
# same, and the reports are these.
replaced() {
	replaced_name=$1 replaced_place=$2 replaced_function=$3 replaced_status=$4 replaced_ends=$5
	shift 5
	run timeout 60 "$app" none "$replaced_function" "$@"
	replaced_alone=$(cat "$T/out" "$T/err")
	run timeout 60 env LD_PRELOAD="$SHIM" "$app" "$replaced_place" "$replaced_function" "$@"
	is "$replaced_name" "$status $(cat "$T/out") $(ends "$T/err")" \
		"$replaced_status $replaced_alone $replaced_ends"
}

for function in $functions; do
	replaced "$function reports, and hands on arguments and environment" cuda $function 5 'exec ' \
		/bin/sh -c "$said" a b
	replaced "$function of a program without CUDA says nothing" none $function 5 '' /bin/sh -c "$said" a b
	replaced "$function of what is not there fails as ever, and says nothing" cuda $function 9 'exit-9 ' \
		"$T/not-there" a
	replaced "$function of a folder, too" cuda $function 9 'exit-9 ' "$T" a
done
replaced 'the next image finds signals, descriptors and umask as they were' cuda execve 0 'exec ' \
	/bin/sh -c 'grep "^Sig[PBIC]\|^Shd\|^Umask" /proc/self/status; ls /proc/self/fd'
replaced 'a signal handler on 8 KiB of stack may replace the program' signal execve 5 'exec ' \
	/bin/sh -c "$said" a b
replaced 'a thread may, while others allocate and open libraries' thread execve 5 'exec ' \
	/bin/sh -c "$said" a b
for function in execvp execvpe execlp; do
	replaced "$function finds its program along PATH" cuda $function 5 'exec ' sh -c "$said" a b
	replaced "$function finds none" cuda $function 9 'exit-9 ' no-such-program a
done

# Along PATH, with what is passed over on the way.
mkdir "$T/folder" "$T/folder/prog" "$T/plain" "$T/good"
echo x >"$T/plain/prog"
printf '#!/bin/sh\necho good\nexit 5\n' >"$T/good/prog"
chmod 755 "$T/good/prog"
for path in "$T/folder:$T/plain:$T/good" "/nowhere::$T/good" "$T/good:$T/plain"; do
	run env LD_PRELOAD="$SHIM" PATH="$path" "$app" cuda execvp prog
	is "the search goes on past what cannot be run ($(echo "$path" | sed "s,$T,,g"))" \
		"$status $(cat "$T/out") $(ends "$T/err")" '5 good exec '
done
(cd "$T/good" && env LD_PRELOAD="$SHIM" PATH=: "$app" cuda execvp prog) >"$T/out" 2>"$T/err"
is 'an empty entry is the current folder' "$? $(cat "$T/out") $(ends "$T/err")" '5 good exec '
run env LD_PRELOAD="$SHIM" PATH="$T/folder:$T/plain" "$app" cuda execvp prog
is 'a search that finds nothing to run says nothing' "$(cat "$T/out") $(ends "$T/err")" \
	'execvp returned -1, errno 13 exit-9 '

# What looks as if it could be run, and cannot.
printf 'junk\n' >"$T/junk"
chmod 755 "$T/junk"
for function in execve execv execl execle fexecve execveat; do
	replaced "$function that fails late takes its report back" cuda $function 9 \
		'exec withdrawn-8 exit-9 ' "$T/junk" a
	rm -f "$T/r"
	run env LD_PRELOAD="$SHIM" RAC_REPORT="$T/r" LOOK="$T/r" "$app" cuda $function "$T/junk" a
	is "$function that fails late removes its file" "$(cat "$T/out" "$T/err") $(ends "$T/r")" \
		"$function returned -1, errno 8
report not there exit-9 "
done
run env LD_PRELOAD="$SHIM" "$app" thread execve "$T/junk" a
is 'among threads, too' "$status $(ends "$T/err")" '8 exec withdrawn-8 _exit-8 '
# A thread whose exec fails reports and takes it back, again and again, while another one ends the program.
for number in $(seq 40); do
	rm -rf "$T/race"
	env LD_PRELOAD="$SHIM" RAC_REPORT="$T/race/r" "$app" race execve "$T/junk" a >"$T/out" 2>&1
	echo "$? $(ends "$T/race/r")$(find "$T/race" -name 'r?*' -type f | wc -l)"
done | sort | uniq -c | sed 's/^ *//' >"$T/raced"
is 'the end of a program leaves its report, whatever another thread is about' "$(cat "$T/raced")" \
	'40 9 exit-9 0'
for number in $(seq 40); do
	env LD_PRELOAD="$SHIM" "$app" race execve "$T/junk" a 2>"$T/err" >"$T/out"
	ends "$T/err" | sed 's/.* \(.* \)$/\1/'
	echo
done | sort | uniq -c | sed 's/^ *//' >"$T/raced"
is 'on stderr that report is the last' "$(cat "$T/raced")" '40 exit-9 '
run env LD_PRELOAD="$SHIM" RAC_FORMAT=json "$app" cuda execve "$T/junk" a
is 'JSON on stderr is followed by the same line' \
	"$(sed -e 's/.*"how":"\([a-z]*\)".*/\1/' -e 's/.*goes on.*/withdrawn/' "$T/err" | tr '\n' ' ')" \
	'exec withdrawn exit '
run env LD_PRELOAD="$SHIM" RAC_REPORT=/dev/fd/1 "$app" cuda execve "$T/junk" a
is 'where the report went to a descriptor, stderr has the line' \
	"$(ends "$T/out") $(sed 's/.*goes on.* the report in \(.*\) does.*/\1/' "$T/err")" \
	"exec exit-9  '/dev/fd/1'"
run env LD_PRELOAD="$SHIM" RAC_REPORT=none "$app" cuda execve "$T/junk" a
ended 'with no report there is none to take back' 9 ''

# Figures, and a report for each image.
run env LD_PRELOAD="$SHIM" RAC_REPORT="$T/report.json" "$app" cuda execv "$APPS/leak" 2M
pid=$(report 'r["process"]["pid"]')
is 'the report says what was allocated at that moment' "$(report '
r["process"]["end"], r["devices"][0]["live_bytes"], r["devices"][0]["allocations"]')" \
	"{'how': 'exec', 'status': 0} 1048576 1"
cp "$T/report.json.$pid" "$T/report.json"
is 'the next image has its own beside it, and starts empty' "$(report '
r["process"]["pid"] == '"$pid"', r["process"]["end"], r["devices"][0]["live_bytes"]')" \
	"True {'how': 'exit', 'status': 0} 2097152"
rm -f "$T"/report.json*
run env LD_PRELOAD="$SHIM" RAC_REPORT="$T/report.json" "$app" cuda execv "$app" cuda execv "$APPS/leak"
is 'a chain of three images leaves three' "$(cat "$T"/report.json* | grep -c rac.report)" 3

# Children.
for place in fork vfork; do
	for function in $functions; do
		replaced "$function in a child of $place is the child's affair" $place $function 5 'exit-5 ' \
			/bin/sh -c "$said" a b
	done
	run env LD_PRELOAD="$SHIM" "$app" $place execve "$T/junk" a
	is "an exec that fails in a child of $place is, too" "$status $(ends "$T/err")" '8 exit-8 '
done
for function in execve execlp execle; do
	replaced "$function in children of a program whose threads open libraries waits for nobody" \
		threads $function 0 'exit-0 ' /bin/sh -c :
done
for function in spawn spawnp; do
	replaced "posix_$function is not meant" cuda $function 9 'exit-9 ' /bin/sh -c "$said" a b
done
for function in system popen; do
	replaced "$function is not meant" cuda $function 9 'exit-9 ' 'echo hello; exit 4'
done

# A program that names the other parts of the C library before it, as those built for an older one do.
compile "$T/parts" '
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		return fork() == 0 ? execvp(argv[1], argv + 1) : argc > 9;
	}' -Wl,--no-as-needed "$(${CC:-gcc} -print-file-name=libdl.so.2)" \
	"$(${CC:-gcc} -print-file-name=libpthread.so.0)"
is 'the C library is found behind its parts' "$(env LD_PRELOAD="$SHIM" "$T/parts" echo found 2>&1)" found

# A second library that stands in for the family keeps its place.
compile "$T/log.so" '
	#include <dlfcn.h>
	#include <unistd.h>
	int execve(const char *path, char *const argv[], char *const envp[])
	{
		int (*next)(const char *, char *const *, char *const *);
		*(void **)&next = dlsym(RTLD_NEXT, "execve");
		return write(1, "seen\n", 5) == 5 ? next(path, argv, envp) : -1;
	}' -shared -fPIC -D_GNU_SOURCE -ldl
for preload in "$SHIM:$T/log.so" "$T/log.so:$SHIM"; do
	run env LD_PRELOAD="$preload" "$app" cuda execve /bin/sh -c "$said" a b
	is "another library that takes execve over is called once (${preload##*/})" \
		"$status $(cat "$T/out") $(ends "$T/err")" '5 seen
handed a b exec '
done

finish
