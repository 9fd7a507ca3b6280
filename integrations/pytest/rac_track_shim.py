"""rac_track_shim - asks the library in this process what is allocated on which device (shim/rac.h), and has caches
give back what they hold. It knows nothing of pytest."""

import contextlib
import ctypes
import gc
import re
import sys

DEVICES = 64
UNITS = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Shim:
    """The library's own words. `find` returns None where it is not loaded."""

    def __init__(self, library):
        self.live_bytes = self._function(library.rac_live_bytes)
        self.peak_bytes = self._function(library.rac_peak_bytes)
        self.reset_peak = library.rac_reset_peak
        self.reset_peak.argtypes, self.reset_peak.restype = [ctypes.c_int], None
        self._push, self._pop = library.rac_scope_push, library.rac_scope_pop
        self._push.argtypes, self._push.restype, self._pop.restype = [ctypes.c_char_p], None, None

    @staticmethod
    def _function(function):
        function.argtypes, function.restype = [ctypes.c_int], ctypes.c_uint64
        return function

    @classmethod
    def find(cls):
        try:
            return cls(ctypes.CDLL(None))
        except (AttributeError, OSError):
            return None

    @contextlib.contextmanager
    def scope(self, name):
        """What this thread allocates meanwhile is reported under the name."""
        self._push(name.encode(errors="backslashreplace"))
        try:
            yield
        finally:
            self._pop()

    def live(self):
        return [self.live_bytes(device) for device in range(DEVICES)]

    def peaks(self):
        return [self.peak_bytes(device) for device in range(DEVICES)]

    def restart_peaks(self):
        for device in range(DEVICES):
            self.reset_peak(device)


def _settle_torch(torch):
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
        torch.cuda.empty_cache()


def _settle_cupy(cupy):
    cupy.get_default_memory_pool().free_all_blocks()


def _settle_numba(cuda):
    cuda.current_context().memory_manager.deallocations.clear()


# What keeps memory that was freed, by the module that has to be there for it.
CACHES = {"torch": _settle_torch, "cupy": _settle_cupy, "numba.cuda": _settle_numba}


def settle():
    """Collects garbage and empties caches, of those libraries alone that the program has imported."""
    gc.collect()
    for name, empty in CACHES.items():
        module = sys.modules.get(name)
        if module is not None:
            # A cache that cannot be emptied (no device, another version) is measured with what it holds.
            with contextlib.suppress(Exception):
                empty(module)


def size(text):
    """Bytes of "1.5 GB", "10M", 4096: powers of 1024, as in RAC_LIMIT. ValueError says what would be right."""
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return text
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:([KMGT])(?:iB|i|B)?|B)?\s*", str(text), re.IGNORECASE)
    if not found or isinstance(text, (bool, float)):
        raise ValueError(f"{text!r} is no size; right are for example '1 GB', '512 KiB' and 4096")
    number, unit = found.groups()
    whole, _, fraction = number.partition(".")
    scale = UNITS[(unit or "").upper()]
    if fraction and scale == 1:
        raise ValueError(f"{text!r} is no size: there is no part of a byte")
    return int(whole) * scale + int(fraction or 0) * scale // 10 ** len(fraction)


def words(count):
    """A size for people, as reports have it: "1.50 GiB", cut off, never rounded up."""
    sign, count = ("-", -count) if count < 0 else ("", count)
    if count < 1024:
        return f"{sign}{count} B"
    power = min((count.bit_length() - 1) // 10, 4)
    unit = 1 << (10 * power)
    digits = 2 - min(len(str(count // unit)) - 1, 2)
    shown = f"{count // unit}"
    if digits:
        shown += f".{count % unit * 10 ** digits // unit:0{digits}d}"
    return f"{sign}{shown} {' KMGT'[power]}iB"
