"""Tests within and over their limits, leaking and clean; the name of each says what should become of it."""
import asyncio
import unittest

import pytest
from gpu import cuda, give, pass_through, take

kept = []


@pytest.fixture(scope="module", autouse=True)
def weights():
    memory = take(64)
    yield
    give(memory)


@pytest.fixture
def input_of_8_mib():
    memory = take(8)
    yield
    give(memory)


@pytest.mark.limit_vram("3 MB")
def test_passes_within_its_limit():
    pass_through(3)


@pytest.mark.limit_vram("3 MB")
def test_fails_over_its_limit():
    one = take(2)
    pass_through(1.5)
    give(one)


@pytest.mark.limit_vram("1 MB")
def test_passes_with_a_fixture_that_takes_more(input_of_8_mib):
    pass_through(1)


@pytest.mark.limit_vram_leaks("1 KB", warmups=2)
def test_passes_clean():
    pass_through(5)


@pytest.mark.limit_vram_leaks("1 KB", warmups=2)
def test_fails_leaking():
    kept.append(take(1))


@pytest.mark.limit_vram_leaks("1 KB", warmups=2)
def test_passes_where_only_warmups_keep(runs=[]):
    runs.append(1)
    if len(runs) < 3:
        kept.append(take(1))


@pytest.mark.limit_vram_leaks("1 MB", warmups=0)
def test_passes_leaking_what_is_allowed():
    kept.append(take(1))


@pytest.mark.limit_vram("1 MB")
@pytest.mark.limit_vram_leaks("1 KB", warmups=1)
def test_fails_by_the_peak_of_a_warmup(runs=[]):
    runs.append(1)
    pass_through(2 if len(runs) == 1 else 0.5)


@pytest.mark.limit_vram("1 MB")
def test_fails_on_the_other_device():
    pass_through(2, device=1)


@pytest.mark.limit_vram("1 GB")
def test_fails_by_itself():
    assert take(1) is None


@pytest.mark.limit_vram("lots")
def test_errors_for_a_size_that_is_none():
    pass


@pytest.mark.limit_vram_leaks("1 KB", warmup=3)
def test_errors_for_a_word_that_is_not_known():
    pass


@pytest.mark.limit_vram("1 MB")
def test_passes_without_the_device():
    pass


def test_passes_unlimited():
    pass_through(100)


class TestOfUnittest(unittest.TestCase):
    @pytest.mark.limit_vram_leaks("1 KB", warmups=1)
    def test_fails_leaking(self):
        kept.append(take(1))

    @pytest.mark.limit_vram("1 MB")
    def test_passes(self):
        pass_through(1)


class CachingAllocator:
    """Keeps what it is given back, as PyTorch's does, until it is asked to let go."""
    cached = None

    def pass_through(self, mib):
        self.cached = take(mib)

    def is_initialized(self):
        return True

    def synchronize(self):
        assert cuda.cudaDeviceSynchronize() == 0

    def empty_cache(self):
        if self.cached:
            give(self.cached)
        self.cached = None


@pytest.mark.limit_vram_leaks("0", warmups=0)
def test_passes_with_a_cache_that_lets_go(monkeypatch):
    torch = type("torch", (), {"cuda": CachingAllocator()})
    monkeypatch.setitem(__import__("sys").modules, "torch", torch)
    torch.cuda.pass_through(7)


@pytest.mark.limit_vram_leaks("0", warmups=0)
def test_passes_with_a_cycle_that_is_garbage():
    class Holder:
        def __init__(self):
            self.memory, self.itself = take(2), self

        def __del__(self):
            give(self.memory)

    Holder()
    asyncio.run(asyncio.sleep(0))
