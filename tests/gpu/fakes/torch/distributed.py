"""A stand-in: a group of one."""

import device_memory

group = []
HashStore = object


def is_initialized():
    return bool(group)


def init_process_group(backend, store, rank, world_size):
    group.append(device_memory.full(1 << 20, 0.0))


def all_reduce(tensor):
    assert group, "no group"
