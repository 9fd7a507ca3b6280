#!/bin/sh
# gen-docs.sh - writes the parts of docs/ that come from lists in the sources.
#
#   scripts/gen-docs.sh [--check]    --check: changes nothing, shows what is out of date
#
# Such a part stands between "<!-- begin: ... -->" and "<!-- end -->". Status: 0 done or up to date,
# 1 out of date, 2 wrong usage.
set -u
cd "$(dirname "$0")/.." || exit 1

check=
case $#:${1-} in
0:) ;;
1:--check) check=yes ;;
*)
	echo 'gen-docs: the only argument is --check' >&2
	exit 2
	;;
esac

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# The table of settings, by a program that has core's own list of them.
settings() {
	cat >"$work/settings.c" <<-'END'
		#include "settings.h"
		#include <stdio.h>

		static void cell(const char *text)
		{
			for (; *text != '\0'; text++)
				printf(*text == '|' ? "\\%c" : "%c", *text);
		}

		int main(void)
		{
			puts("| variable | flag | default | values | meaning |");
			puts("|---|---|---|---|---|");
			for (int i = 0; i < RAC_SETTING_COUNT; i++) {
				const struct rac_setting_info *info = rac_setting_info(i);

				printf("| `%s` | `%s%s` | ", info->variable,
					info->flag[1] == '\0' ? "-" : "--", info->flag);
				cell(info->preset);
				printf(" | `");
				cell(info->values);
				printf("` | ");
				cell(info->help);
				puts(" |");
			}
			return 0;
		}
	END
	${CC:-gcc} -std=gnu11 -Icore "$work/settings.c" core/settings_names.c -o "$work/settings" &&
		"$work/settings"
}

# The tables of hooks and of what is passed on, from the shim's lists.
hooks() {
	awk -F '[(,]' '
		/^(DRIVER|RUNTIME|NVML)_HOOK\(/ {
			effect = $0
			sub(/^[^"]*"/, "", effect)
			if ($1 == "DRIVER_HOOK") {
				sub(/^[^"]*"[^"]*"/, "", effect)
				since = $4 + 0
				version = int(since / 1000) "." int(since % 1000 / 10)
			} else {
				version = $1 == "NVML_HOOK" ? "NVML" : "runtime"
			}
			sub(/"\).*$/, "", effect)
			if (!rows++)
				print "| function | since CUDA | what it does to the ledger |\n|---|---|---|"
			printf "| `%s` | %s | %s |\n", $2, version, effect
		}' shim/hooks.def
	printf '\nNot hooked, with the reason:\n\n| functions | reason |\n|---|---|\n'
	awk '!/^#/ && NF > 1 { name = $1; $1 = ""; printf "| `%s` |%s |\n", name, $0 }' shim/passed.txt
}

# part PAGE COMMAND: puts the command's output between the marks of the page.
part() {
	page=$1
	"$2" >"$work/part" || {
		failed=1
		return
	}
	awk -v part="$work/part" '
		/^<!-- begin: / { print; while ((getline line <part) > 0) print line; inside = 1 }
		/^<!-- end -->/ { inside = 0; ends++ }
		!inside { print }
		END { exit ends != 1 }' "$page" >"$work/page" || {
		echo "$page: the marks of its generated part are not there" >&2
		failed=1
		return
	}
	if [ -n "$check" ]; then
		diff -u "$page" "$work/page" || {
			echo "$page: out of date; run scripts/gen-docs.sh" >&2
			failed=1
		}
	elif ! cmp -s "$page" "$work/page"; then
		cat "$work/page" >"$page"
	fi
}

part docs/settings.md settings
part docs/hooks.md hooks
exit "$failed"
