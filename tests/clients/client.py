"""What the clients share: saying what they see, so that two runs can be compared."""

import hashlib


def say(what, *values):
    """One line of facts. Addresses differ from run to run and are none."""
    print(f"{what}:", *values, flush=True)


def digest(data):
    return hashlib.sha256(bytes(data)).hexdigest()[:16]


def fill(allocate, size, error):
    """Takes memory until there is none, says how that went, and lets it go."""
    blocks = []
    try:
        while True:
            blocks.append(allocate(size))
    except error as why:
        say("full", len(blocks), type(why).__name__, str(why).splitlines()[0])
