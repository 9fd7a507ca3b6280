#!/bin/sh
# everyday.sh - programs of every day under the shim, by LD_PRELOAD and by /etc/ld.so.preload: the same output,
# status and files. EVERYDAY=all adds what takes minutes: this project compiles and tests itself.
# shellcheck disable=SC2016  # what is between single quotes is for the shells that are tried
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

here=$PWD
export LC_ALL=C TZ=UTC HOME="$T/home" GIT_CONFIG_NOSYSTEM=1 PYTHONDONTWRITEBYTECODE=1
mkdir "$HOME" "$T/etc"
git config --global safe.directory '*' 2>/dev/null
printf '[user]\n\tname = A\n\temail = a@example.org\n[init]\n\tdefaultBranch = main\n' >>"$HOME/.gitconfig"

# A private /etc, in which the shim is preloaded for everyone, those with more rights than their user included.
ways='alone preload'
if unshare -m true 2>/dev/null && cp -a /etc/. "$T/etc" 2>/dev/null; then
	echo "$SHIM" >"$T/etc/ld.so.preload"
	ways="$ways etc"
fi

# in_way WAY COMMAND…
in_way() {
	in_way=$1
	shift
	case $in_way in
	alone) "$@" ;;
	preload) env LD_PRELOAD="$SHIM" RAC_LIMIT=1G RAC_VERBOSE=1 "$@" ;;
	etc) unshare -m sh -c 'mount --bind "$0" /etc && exec "$@"' "$T/etc" "$@" ;;
	esac
}

# same NAME PROGRAM SCRIPT: what bash makes of the script in a folder of its own, if the program is there.
same() {
	if ! command -v "$2" >/dev/null; then
		skip "$1" "no $2 here"
		return
	fi
	for same_way in $ways; do
		rm -rf "$T/work" && mkdir "$T/work"
		(cd "$T/work" && in_way "$same_way" bash -c "$3" </dev/null >"$T/out" 2>"$T/err")
		echo "status $?" >"$T/result.$same_way"
		sed 's/^/out: /' "$T/out" >>"$T/result.$same_way"
		sed 's/^/err: /' "$T/err" >>"$T/result.$same_way"
		(cd "$T/work" && find . -type f ! -path '*/.git/index' -exec sha256sum {} + | sort -k 2) \
			>>"$T/result.$same_way"
		if [ "$same_way" != alone ]; then
			run diff "$T/result.alone" "$T/result.$same_way"
			is "$1 ($same_way)" "$(cat "$T/out")" ''
		fi
	done
}

case $ways in
*etc) ;;
*) skip 'everything below, by /etc/ld.so.preload' 'no mount namespace is to be had' ;;
esac
for way in preload etc; do
	case $ways in
	*$way*) is "the shim is loaded ($way)" "$(in_way $way grep -c -m 1 librac_track /proc/self/maps)" 1 ;;
	esac
done

same bash bash '
	set -e
	f() { local x=$1; echo "${x^^} ${#x}"; }
	f hello; a=(1 2 3); declare -A m=([k]=v); echo "${a[@]:1} ${m[k]} $((1 << 40))"
	diff <(seq 3) <(seq 4) || echo "status $?"
	coproc cat; echo through >&"${COPROC[1]}"; read -r line <&"${COPROC[0]}"; echo "$line"
	trap "echo trapped" USR1; kill -USR1 $$; (exit 7) || echo $?
	sleep 0.01 & wait $!; jobs; ulimit -n; umask; echo $BASHPID-$$ | tr -d 0-9
	exec 5>file; echo x >&5; exec 5>&-; cat file; (exec -a name sh -c "echo \$0"); exec sh -c "exit 3"'
same coreutils sort '
	seq 1000 | sort -R --random-source=/dev/zero | sort -n | uniq | md5sum
	mkdir a; cp -a /etc/passwd a/b; ln -s b a/c; ls a; stat -c %a:%s a/b; od -c a/b | head -2
	mv a/b a/d; split -l 5 a/d part; cat part* | cksum; tail -n 1 a/d; wc a/d; date -d @0; expr 6 \* 7
	timeout 0.01 sleep 5; echo $?; nice -n 3 nice; env -i PATH="$PATH" env; factor 600851475143
	stdbuf -o0 echo unbuffered; nohup echo nohup; printf "%s\n" c b a | tee t | tac; df . >/dev/null; id -u'
same 'find, grep, sed, awk' awk '
	for i in 1 2 3; do echo "line $i" >"f$i"; done
	find . -name "f*" -print0 | sort -z | xargs -0 -n 1 -P 2 sh -c "grep -c line \$0"
	sed -i s/line/LINE/ f1; awk "{ s += \$2 } END { print s; system(\"echo inner\"); \"echo p\" | getline x; print x }" f?'
same git git '
	export GIT_AUTHOR_DATE="2020-01-01 00:00 +0000" GIT_COMMITTER_DATE="2020-01-01 00:00 +0000"
	git init -q r && cd r && seq 100 >a && git add a && git commit -qm one && git switch -qc b
	sed -i 1d a && git commit -qam two && git switch -q main && echo c >c && git add c && git commit -qm three
	git merge -q -m m b && git log --format=%H%n%s --graph && git gc -q && git fsck 2>&1
	cd .. && git clone -q r s && git -C s rev-parse HEAD && git -C r diff HEAD~1 --stat; git -C r no-such'
same perl perl '
	perl -e "print join(q(,), map { \$_ ** 2 } 1 .. 5), qq(\n); my \$p = fork; if (!\$p) { exec q(echo), q(child) }
		waitpid \$p, 0; print qx(echo backticks); system q(exit 3); print \$? >> 8, qq(\n); exit 4"
	echo $?; perl -MPOSIX -MDigest::SHA=sha256_hex -e "print sha256_hex(q(x)), qq(\n); POSIX::_exit(5)"'
same python3 "$PYTHON" '
	cat >t.py <<-"end"
	import ctypes, json, multiprocessing, os, socket, sqlite3, subprocess, sys, tempfile, threading, zlib
	def square(x): return x * x
	if __name__ == "__main__":
	    for way in ("fork", "spawn"):
	        with multiprocessing.get_context(way).Pool(2) as pool: print(pool.map(square, range(5)), flush=True)
	    a, b = socket.socketpair(); a.send(b"x"); print(b.recv(1))
	    print(subprocess.run(["sh", "-c", "echo $0; exit 3"], capture_output=True))
	    db = sqlite3.connect(":memory:"); print(db.execute("select 6 * 7").fetchall())
	    t = threading.Thread(target=lambda: print(ctypes.CDLL(None).abs(-5))); t.start(); t.join()
	    print(zlib.crc32(b"x"), json.dumps({"a": [1.5, None]}), os.cpu_count(), sorted(os.environ) == sorted(os.environ))
	    try: ctypes.CDLL("libcuda.so.1"); print("cuda")
	    except OSError as error: print("none" if "libcuda" in str(error) else error)
	end
	'"$PYTHON"' t.py; '"$PYTHON"' -c "
import os, sys
pid = os.fork()
if pid == 0: os._exit(9)
print(os.waitpid(pid, 0)[1]); sys.stdout.flush(); os.execvp(\"sh\", [\"sh\", \"-c\", \"exit 6\"])"'
numpy=
for interpreter in "$PYTHON" /usr/bin/python3; do
	[ -n "$numpy" ] || ! "$interpreter" -c 'import numpy' 2>/dev/null || numpy=$interpreter
done
if [ -n "$numpy" ]; then
	same 'python3 with numpy' "$numpy" "$numpy"' -c "
import numpy as np
a = np.arange(250000.0).reshape(500, 500) % 7
print((a @ a.T).sum(), np.linalg.matrix_rank(a), np.fft.rfft(a[0])[:3], np.random.default_rng(1).integers(9, size=5))"'
else
	skip 'python3 with numpy' 'no numpy here'
fi
same 'gcc compiling a part of this project' gcc '
	for f in tracker ledger text; do gcc -std=gnu11 -O2 -g -fPIC -D_GNU_SOURCE -DRAC_VERSION=\"0\" -I'"$here"'/core \
		-c '"$here"'/core/$f.c -o $f.o || exit 1; done
	ar rD lib.a ./*.o; echo "int main(void) { return 5; }" | gcc -x c - -o a.out -Wl,--build-id=none; ./a.out; echo $?
	nm lib.a | wc -l; objdump -d text.o | md5sum; strip -o s a.out; gcc -x c /nowhere; echo $?'
same make make '
	printf "all: a b\n\t@cat a b\na b:\n\t@echo \$@ >\$@; sleep 0.01\nbad:\n\t@exit 3\n" >Makefile; make -s -j2; make bad; echo $?'
same curl curl '
	echo hello >file; curl -s "file://$PWD/file"; curl -s http://127.0.0.1:1/; echo $?
	cat >serve.py <<-"end"
	import http.server, os, sys
	server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
	if os.fork():
	    print(server.server_port); sys.exit(0)
	os.dup2(os.open(os.devnull, os.O_RDWR), 1); os.dup2(1, 2); server.handle_request(); os._exit(0)
	end
	port=$('"$PYTHON"' serve.py) && curl -s "http://127.0.0.1:$port/file"; curl -s -o /dev/null -w "%{http_code}\n" \
		"http://127.0.0.1:$port/file" || echo gone'
same openssl openssl '
	echo x | openssl dgst -sha256; echo secret | openssl enc -aes-256-cbc -pbkdf2 -S 0011223344556677 -k k | od -c
	openssl ecparam -name prime256v1 -genkey -noout -out /dev/null; openssl rand -hex 4 | wc -c; openssl list -digest-algorithms | wc -l
	openssl verify /nowhere >/dev/null 2>&1; echo $?'
same node node '
	node -e "
		const { Worker } = require(\"worker_threads\"), cp = require(\"child_process\"), crypto = require(\"crypto\");
		console.log(crypto.createHash(\"sha256\").update(\"x\").digest(\"hex\"), cp.execSync(\"echo child\").toString());
		new Worker(\"require(\\\"worker_threads\\\").parentPort.postMessage(42)\", { eval: true })
			.on(\"message\", m => { console.log(m); process.exitCode = 7; });"'
same 'tar and compressors' tar '
	mkdir d; seq 1000 >d/a; echo b >d/b; tar --sort=name --mtime=@0 --owner=0 --group=0 -cf d.tar d
	gzip -nk d.tar; for c in xz zstd bzip2; do ! command -v $c >/dev/null || $c -k -q d.tar; done
	rm -r d; tar -xzf d.tar.gz; tar -tvf d.tar | wc -l; cat d/b; tar -xf nothing; echo $?'
same ssh ssh 'ssh -V; ssh -G nowhere | grep -c .; ssh-keygen -q -t ed25519 -N "" -C c -f k; ssh-keygen -lf k.pub | wc -w
	rm k k.pub; ssh -o BatchMode=yes -o ConnectTimeout=1 -p 1 127.0.0.1; echo $?'
same 'name services and character sets' getent 'getent passwd root; getent hosts localhost | tr -s " "
	echo abc | iconv -t UTF-16LE | od -c; locale; id -Gn'
same 'debuggers and tracers' strace 'strace -f -e trace=none -e signal=none sh -c "exit 4"; echo $?
	strace -o t -e trace=exit_group sh -c "exit 4"; grep -c exit_group t; rm t'
same 'a program that is linked statically' gcc '
	echo "int main(void) { return 6; }" | gcc -static -x c - -o s -Wl,--build-id=none && { ./s; echo $?; }'

if [ "${EVERYDAY:-}" = all ]; then
	# The path of the folder is in what is compiled.
	same 'this project, which compiles and tests itself' make '
		(cd '"$here"' && git ls-files | tar -cf - -T -) | tar -xf - && unset B MAKEFLAGS MAKELEVEL
		make -s -j2 all apps units >log 2>&1; echo $?; cat log; build/tests/units 2>&1 | tail -n 1
		find build -name "*.d" -delete; rm -f build/tests/units'
fi

finish
