"""Compares the Python frames that the probe reads with what the interpreter says of itself.

python_stacks.py PROBE [CASE]    without CASE: all of them, a line of TAP each
"""
import ctypes
import functools
import gc
import os
import re
import sys
import threading
import time
import warnings

PROBE = sys.argv[1]
HELD = ctypes.PyDLL(PROBE)  # called with the global lock
FREE = ctypes.CDLL(PROBE)  # called without
KNOWN = (3, 10) <= sys.version_info[:2] <= (3, 14)
MOST = 128
# Where it does not matter whether the lock is held.
ONCE = ("case_merged", "case_subinterpreter", "case_shutdown", "case_spoilt")

warnings.simplefilter("ignore")
local = threading.local()


def take(function):
    """What a function of the probe's says, as lists of its lines' fields."""
    if not hasattr(local, "room"):
        local.room = ctypes.create_string_buffer(1 << 18)
    function(local.room, len(local.room))
    return local.room.value


def fields(text):
    return [line.split(b"\t") for line in text.split(b"\n")[:-1]]


def name_of(code):
    # What it is defined in is known from 3.11 on.
    return getattr(code, "co_qualname", code.co_name)


def own_frames(frame):
    out = []
    while frame is not None and len(out) < MOST:
        code = frame.f_code
        out.append([
            os.fsencode(code.co_filename),
            b"%d" % (frame.f_lineno or 0),
            name_of(code).encode("utf-8", "replace"),
        ])
        frame = frame.f_back
    return out


def equal(text, frame):
    """The probe's frames are those of a frame that calls both in one line; returns the keys."""
    told = fields(text)
    # take() itself is on the probe's side alone.
    assert told[0][2] == b"take", told[:2]
    frames = [row[:3] for row in told[1:]]
    own = own_frames(frame)[: len(frames) + 1]
    assert len(told) == MOST or len(frames) == len(own), (len(frames), len(own))
    for mine, theirs in zip(frames, own):
        assert mine == theirs, "%r, not %r" % (mine, theirs)
    return [row[3] for row in told[1:]]


def both(check):
    check(FREE.probe_python)
    check(HELD.probe_python)


def case_functions(probe):
    def inner(n):
        if n > 0:
            return inner(n - 1)
        return equal(take(probe), sys._getframe())

    class Holder:
        def method(self):
            return [inner(2) for _ in range(1)]

        @staticmethod
        def static():
            return (lambda: Holder().method())()

        @property
        def value(self):
            try:
                raise ValueError
            except ValueError:
                return Holder.static()
            finally:
                inner(1)

    Holder().value
    return functools.partial(inner, 3)()


def case_lines(probe):
    keys = set()
    keys.add(equal(take(probe), sys._getframe())[0])
    keys.add(equal(take(probe), sys._getframe())[0])
    for _ in range(2):
        keys.add(equal(take(probe), sys._getframe())[0])
    keys.add((equal(take(probe), sys._getframe()), equal(take(probe), sys._getframe()))[1][0])
    assert len(keys) == 4, keys


def case_long_functions(probe):
    body = ["def long(take, probe, equal, sys):", " x = 0"]
    for i in range(3000):
        body.append(" x += %d" % i if i % 7 else "\n\n" * (i % 11) + " x = (x,\n  %d)[0]" % i)
        if i % 100 == 0:
            body.append(" equal(take(probe), sys._getframe())")
    space = {}
    exec(compile("\n".join(body), "long.py", "exec"), space)
    space["long"](take, probe, equal, sys)


def case_generators(probe):
    def generator():
        yield equal(take(probe), sys._getframe())
        yield from (equal(take(probe), sys._getframe()) for _ in range(2))

    async def coroutine(n):
        if n > 0:
            return await coroutine(n - 1)
        return equal(take(probe), sys._getframe())

    assert len(list(generator())) == 3
    try:
        coroutine(3).send(None)
    except StopIteration:
        pass


def case_through_c(probe):
    class Item:
        def __lt__(self, other):
            equal(take(probe), sys._getframe())
            return True

        def __del__(self):
            equal(take(probe), sys._getframe())

        def __getattr__(self, name):
            return equal(take(probe), sys._getframe())

    sorted([Item(), Item(), Item()])
    list(map(lambda x: equal(take(probe), sys._getframe()), [1, 2]))
    max([1, 2], key=lambda x: len(equal(take(probe), sys._getframe())))
    Item().anything
    back = ctypes.CFUNCTYPE(None)(lambda: equal(take(probe), sys._getframe()) and None)
    back()
    gc.collect()


def case_names(probe):
    source = "def %s(take, probe, equal, sys):\n return equal(take(probe), sys._getframe())"
    keys = set()
    for name, file in [
        ("plain", "plain.py"),
        ("ångström", "/tmp/ünïcode/file.py"),
        ("переменная", "/tmp/файл.py"),
        ("plain", "/tmp/\N{SNAKE}.py"),
        ("\N{CJK UNIFIED IDEOGRAPH-4E00}", os.fsdecode(b"/tmp/\xff\xfe not text.py")),
        ("f" * 300, "/" + "long" * 200 + ".py"),
        ("plain", "x" * 300 + "1.py"),
        ("plain", "x" * 300 + "2.py"),
        ("plain", ""),
    ]:
        space = {}
        exec(compile(source % name, file, "exec"), space)
        (function,) = [f for n, f in space.items() if not n.startswith("__")]
        text = function(take, probe, lambda text, frame: text, sys)
        told = fields(text)[1]
        assert told[0] == (os.fsencode(file) or b"?"), told[:3]
        assert told[2] == name.encode(), told[:3]
        keys.add(told[3])
    assert len(keys) == 9, keys


def case_keys(probe):
    """Functions that come and go at the same addresses are told apart, and are the same again."""
    seen = {}
    for _ in range(3):
        for i in range(40):
            space = {}
            source = "\n" * (i % 4) + "def f(take, probe, n):\n" + " n += 1\n" * (i // 20)
            source += " return take(probe), n\n"
            exec(compile(source, "cell %d" % (i // 4 % 5), "exec"), space)
            told = fields(space["f"](take, probe, 1)[0])[1]
            key, place = told[3], (told[0], told[1], i // 20)
            assert seen.setdefault(place, key) == key, place
    assert len(set(seen.values())) == len(seen) == 40, len(seen)


def case_deep(probe):
    def down(n):
        return down(n - 1) if n else equal(take(probe), sys._getframe())

    keys = down(400)
    assert len(keys) == MOST - 1
    assert len(set(keys[1:-1])) == 1, "one place, one key"


def case_imports(probe):
    import builtins
    import importlib
    import tempfile

    builtins.rac_check = lambda: equal(take(probe), sys._getframe())
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/rac_imported.py", "w") as file:
            file.write("class X:\n  rac_check()\n")
        sys.path.insert(0, folder)
        importlib.import_module("rac_imported")
        del sys.modules["rac_imported"]
        sys.path.pop(0)


def case_merged(probe):
    """Each Python frame is where the interpreter's own function was; its others, as those that sort, are not shown."""
    texts = []

    class Item:
        def __lt__(self, other):
            texts.append(take(FREE.probe_merged))
            return True

    def compare(one, other):
        return int(sorted([Item(), Item()]) is None)

    pair = (ctypes.c_int * 2)(1, 2)
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    ctypes.CDLL(None).qsort(pair, ctypes.c_size_t(2), ctypes.c_size_t(4), kind(compare))
    rows = fields(texts[0])
    python = [row[2] for row in rows if row[0] != b"native"]
    own = [row[2] for row in own_frames(sys._getframe())]
    inner = [name_of(f.__code__).encode() for f in (Item.__lt__, compare)]
    assert python == [b"take"] + inner + own, python
    shape = "".join("n" if row[0] == b"native" else "p" for row in rows)
    # C called by take, that by qsort, and all by the program's start.
    assert re.sub("n+", "n", shape) == "npppn" + "p" * len(own) + "n", shape
    names = [row[1] for row in rows if row[0] == b"native"]
    assert b"qsort" in names or b"qsort_r" in names, names
    assert b"_PyEval_EvalFrameDefault" not in names, names
    assert names[-1] in (b"_start", b"?"), names


def case_stress(probe):
    """Threads that call each other's kind of code while others collect, look and make functions."""
    stop = time.monotonic() + float(os.environ.get("STRESS_SECONDS", "1"))
    failures = []
    counts = [0, 0, 0]

    def guarded(which, body):
        try:
            # A busy machine may take its time.
            while (time.monotonic() < stop or not all(counts)) and not failures:
                body()
                counts[which] += 1
        except BaseException as error:  # noqa: reported by the main thread
            failures.append(error)

    def walk():
        case_functions(probe)
        case_generators(probe)
        sorted([3, 1, 2], key=lambda x: len(equal(take(probe), sys._getframe())))

    def disturb():
        gc.collect()
        for frame in sys._current_frames().values():
            frame.f_lineno
        [eval("lambda x: %d" % i) for i in range(50)]

    def exec_cells():
        space = {}
        exec(compile("def f(t, p, e, s):\n return e(t(p), s._getframe())", "cell", "exec"), space)
        space["f"](take, probe, equal, sys)

    threads = [
        threading.Thread(target=guarded, args=(i % 3, body))
        for i, body in enumerate([walk, disturb, exec_cells, walk, disturb, exec_cells])
    ]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    [t.start() for t in threads]
    [t.join() for t in threads]
    sys.setswitchinterval(interval)
    assert not failures, failures[0]


def case_subinterpreter(probe):
    try:
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters
        else:
            import _xxsubinterpreters as interpreters
    except ImportError:
        return "no subinterpreters here"
    code = """
import ctypes
probe = ctypes.CDLL(%r).probe_python
room = ctypes.create_string_buffer(1 << 16)
def inside():
    probe(room, len(room))
inside()
text = room.value.decode()
import sys
if sys.version_info >= (3, 12):
    assert text.split("\\n")[0].split("\\t")[2] == "inside", text
""" % PROBE
    which = interpreters.create()
    try:
        if sys.version_info >= (3, 13):
            failed = interpreters.exec(which, code)
            if failed is not None and "does not support loading in subinterpreters" in failed.msg:
                return "ctypes does not load in subinterpreters here"
            assert failed is None, failed
        else:
            interpreters.run_string(which, code)
    except Exception as error:
        if "does not support loading" in str(error):
            return "ctypes does not load in subinterpreters here"
        raise
    finally:
        interpreters.destroy(which)
    return None


def case_shutdown(probe):
    """A thread that the interpreter does not wait for goes on while it ends; run as a process."""
    pid = os.fork()
    if pid == 0:
        def forever():
            while True:
                take(FREE.probe_python)

        for _ in range(3):
            threading.Thread(target=forever, daemon=True).start()
        time.sleep(0.02)
        sys.stdout.flush()
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def case_spoilt(probe):
    """With offsets that are wrong frames may be missing or wrong, but no memory is read that is not there."""
    counts = {len(fields(take(probe))), 0} | {HELD.probe_spoilt(i) for i in range(1500)}
    assert len(counts) > 2, "some of them go far"
    equal(take(probe), sys._getframe())


def unknown():
    """An interpreter that is not known has no frames, and says so."""
    assert take(FREE.probe_python) == b""
    # Before 3.7 there is nothing to know one by.
    assert FREE.probe_unknown() == (sys.version_info >= (3, 7))


def run(name, check, *arguments):
    try:
        skipped = check(*arguments)
        print("ok - %s%s" % (name, " # SKIP " + skipped if isinstance(skipped, str) else ""))
    except SystemExit:
        raise
    except BaseException as error:  # noqa: told as a failure
        print("not ok - %s: %r" % (name, error))
    sys.stdout.flush()


def main():
    version = "%d.%d.%d" % sys.version_info[:3]
    if not KNOWN:
        run("Python %s, which is not known, has no frames" % version, unknown)
        return
    cases = [n for n in globals() if n.startswith("case_")]
    for case in cases:
        if len(sys.argv) > 2 and case != "case_" + sys.argv[2]:
            continue
        for held, library in (("held", HELD), ("released", FREE)):
            if case in ONCE and library is HELD:
                continue
            title = "Python %s, the lock %s: %s" % (version, held, case[5:].replace("_", " "))
            run(title, globals()[case], library.probe_python)


if __name__ == "__main__":
    main()
