#!/bin/sh
# build_systems.sh - tests under rac run in real Meson and Bazel projects, by the files of integrations/.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

here=$PWD/integrations
export PATH="$B:$PATH"

# A test that leaves memory behind, one that takes more than a small GPU has, and one that does neither.
mkdir -p "$T/project/rac"
printf '#!/bin/sh\nexec "%s/group_member" take:1M\n' "$APPS" >"$T/project/leaky"
printf '#!/bin/sh\nexec "%s/group_member" take:1M give\n' "$APPS" >"$T/project/clean"
chmod +x "$T/project/leaky" "$T/project/clean"

if command -v meson >/dev/null && command -v ninja >/dev/null; then
	cat >"$T/project/meson.build" <<-'END'
		project('tests')
		subdir('rac')
		test('leaky', files('leaky'))
		test('clean', files('clean'))
	END
	cp "$here/meson/meson.build" "$T/project/rac/"
	run meson setup "$T/meson" "$T/project"
	ended 'meson takes the file' 0
	run meson test -C "$T/meson" --no-rebuild
	ended 'without the set-up all tests pass' 0
	run meson test -C "$T/meson" --no-rebuild --setup gpu_leaks
	contains 'with it a test that leaks fails' "$(cat "$T/out")" 'leaky FAIL'
	contains 'by the status of the verdict' "$(cat "$T/out")" 'exit status 23'
	contains 'and no other' "$(cat "$T/out")" 'clean OK'
	is 'each has a report' "$(find "$T/meson/gpu-reports" -name 'group_member-*.json' | wc -l)" 2
	run meson test -C "$T/meson" --no-rebuild --setup gpu_cap
	ended 'tests run under a cap' 0
	is 'which is in their reports' "$("$PYTHON" -c '
import glob, json, sys
print({d["limit_bytes"] for p in glob.glob(sys.argv[1]) for d in json.load(open(p))["devices"]} >= {8 << 30})' "$T/meson/gpu-reports/*")" True
	run meson test -C "$T/meson" --no-rebuild --verbose --wrapper 'rac run --'
	contains 'a wrapper does without a file' "$(cat "$T/out")" 'SUMMARY: peak 1.00 MiB on device 0'
	PATH=/usr/sbin:/usr/bin:/sbin:/bin run meson setup "$T/without" "$T/project"
	ended 'without rac the project builds as before' 0
	contains 'which meson says' "$(cat "$T/out")" 'Program rac found: NO'
else
	skip 'tests of a Meson project' 'meson or ninja is not here'
fi

if command -v bazel >/dev/null; then
	sed "s,/usr/bin/rac,$RAC," "$here/bazel/rac.bazelrc" >"$T/project/rac.bazelrc"
	echo 'try-import %workspace%/rac.bazelrc' >"$T/project/.bazelrc"
	: >"$T/project/WORKSPACE"
	cat >"$T/project/BUILD" <<-'END'
		sh_test(name = "leaky_test", srcs = ["leaky"])
		sh_test(name = "clean_test", srcs = ["clean"])
	END
	# What Bazel would fetch, and tests of shell scripts name without using it: rules for C++ and Java as they are built in,
	# and a tool for coverage.
	mkdir -p "$T/fetched/rules_cc/cc" "$T/fetched/rules_java/java" "$T/fetched/remote_coverage_tools"
	for word in binary library import test toolchain toolchain_suite proto_library; do
		echo "cc_$word = native.cc_$word"
	done >"$T/fetched/rules_cc/cc/defs.bzl"
	for word in binary library import test toolchain runtime plugin package_configuration proto_library; do
		echo "java_$word = native.java_$word"
	done >"$T/fetched/rules_java/java/defs.bzl"
	touch "$T/fetched/rules_cc/cc/BUILD" "$T/fetched/rules_java/java/BUILD"
	cp "$T/project/clean" "$T/fetched/remote_coverage_tools/main"
	cat >"$T/fetched/remote_coverage_tools/BUILD" <<-'END'
		[sh_binary(name = name, srcs = ["main"], visibility = ["//visibility:public"])
		 for name in ["Main", "coverage_report_generator"]]
	END
	for repository in rules_cc rules_java remote_coverage_tools; do
		: >"$T/fetched/$repository/WORKSPACE"
		echo "build --override_repository=$repository=$T/fetched/$repository" >>"$T/project/.bazelrc"
	done
	# bazel_here COMMAND ARGUMENT…: in the project, with nothing kept on this machine.
	bazel_here() {
		(cd "$T/project" && bazel --output_user_root="$T/bazel" --batch "$@")
	}
	run bazel_here test //...
	if [ "$status" -ne 0 ]; then
		skip 'tests of a Bazel project' "bazel runs no test here: $(grep -m 1 ERROR "$T/err")"
		finish
	fi
	ok 'without the configuration all tests pass'
	run bazel_here test --config=gpu_leaks //...
	ended 'with it one that leaks fails the run' 3
	contains 'that one' "$(cat "$T/out" "$T/err")" '//:leaky_test'
	is 'and no other' "$(grep -c '//:clean_test .*PASSED' "$T/out")" 1
	run bazel_here test --config=gpu_cap //...
	ended 'tests run under a cap' 0
else
	skip 'tests of a Bazel project' 'there is no bazel here'
fi
finish
