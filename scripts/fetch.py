#!/usr/bin/env python3
"""Fetches files that are known by their checksums, each from the first server that has it; none is kept that differs.

fetch.py FOLDER SERVER...    reads lines "SHA256 PATH-ON-THE-SERVER"; status 1 and a line on stderr where one is not to be had
"""

import hashlib
import os
import sys
import urllib.request

PATIENCE = 20  # seconds without a byte


def fetch(servers, path, checksum):
    why = []
    for server in servers:
        try:
            with urllib.request.urlopen(f"{server}/{path}", timeout=PATIENCE) as answer:
                content = answer.read()
        except (OSError, ValueError) as error:
            why.append(f"{server}: {error}")
            continue
        if hashlib.sha256(content).hexdigest() == checksum:
            return content
        why.append(f"{server}: another file, of {len(content)} bytes")
    raise SystemExit(f"fetch.py: no {path}: {'; '.join(why)}")


def main():
    folder, *servers = sys.argv[1:]
    for line in sys.stdin:
        checksum, path = line.split()
        content = fetch(servers, path, checksum)
        with open(os.path.join(folder, os.path.basename(path)), "wb") as file:
            file.write(content)


if __name__ == "__main__":
    main()
