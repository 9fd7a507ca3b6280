# tree.sh - a tree with the command and a stand-in for the library, which only notes that it was
# loaded; for tests of `rac run` itself. Sourced after assert.sh.
# shellcheck shell=sh

# The stand-in appends the name of the program that it was loaded into to the file in NOTES.
make_tree() {
	mkdir -p "$1/bin" || exit 1
	cp "$RAC" "$1/bin/rac" || exit 1
	[ -f "$T/stand-in.so" ] || compile "$T/stand-in.so" '
		#define _GNU_SOURCE
		#include <errno.h>
		#include <fcntl.h>
		#include <stdlib.h>
		#include <string.h>
		#include <unistd.h>
		__attribute__((constructor)) static void note(void)
		{
			const char *path = getenv("NOTES");
			int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
			const char *name = program_invocation_short_name;
			if (file < 0)
				return;
			if (write(file, name, strlen(name)) < 0 || write(file, "\n", 1) < 0)
				abort();
			close(file);
		}' -shared -fPIC || finish
	cp "$T/stand-in.so" "$1/bin/librac_track.so" || exit 1
}
