"""A stand-in for NumPy."""

float32 = "float32"


def full(count, value, dtype):
    return [value] * count
