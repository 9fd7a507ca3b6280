#!/usr/bin/env python3
"""Compares the simulator's headers with those of an installed CUDA toolkit.

Every enumerator, structure (size, and offset and size of each member), simple macro, and function prototype that ours
declare must be the same there. Does nothing where there is no toolkit. Usage: check_abi.py [include folder]
"""

import os
import re
import subprocess
import sys
import tempfile

OURS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "include")
HEADERS = ["cuda.h", "cuda_runtime.h", "nvml.h"]
# What ours declares in one header and the toolkit in two.
ALSO = {"cuda.h": "#include <cudaProfiler.h>\n"}
CC = os.environ.get("CC", "gcc")
# gcc alone writes prototypes; the kernels of the toolkit's C++ headers are not wanted.
PROTOTYPES = ["gcc", "-x", "c", "-fsyntax-only"]


def run(command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def preprocess(header, include):
    text = f"#define __CUDA_API_VERSION_INTERNAL\n#include <{header}>\n{ALSO.get(header, '')}"
    return run([CC, "-E", "-P", "-x", "c", "-I", include, "-"], input=text)


def enumerators(text):
    names = []
    for body in re.findall(r"\benum\b[^;{}()]*\{([^}]*)\}", text):
        for entry in body.split(","):
            match = re.match(r"\s*(\w+)", entry)
            if match:
                names.append(match.group(1))
    return names


def structures(text):
    """Typed name -> top-level members."""
    found = {}
    pattern = r"(typedef\s+)?struct\s+(\w*)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}\s*(\w*)\s*;"
    for match in re.finditer(pattern, text):
        name = match.group(4) if match.group(1) else "struct " + match.group(2)
        body = re.sub(r"\{(?:[^{}]|\{[^{}]*\})*\}", "", match.group(3))
        members = []
        for line in body.split(";"):
            line = re.sub(r"\[[^\]]*\]", "", line).strip()
            last = re.search(r"(\w+)$", line)
            if last and not re.fullmatch(r"(struct|union)\s*\w*", line):
                members.append(last.group(1))
        found[name] = members
    return found


def own_files(header):
    """Our files that a header consists of, by the API that their names begin with."""
    prefix = {"cuda.h": ("driver", "cuda.h"), "cuda_runtime.h": ("runtime", "cuda_runtime")}.get(header, ("nvml",))
    for folder, _, files in os.walk(OURS):
        for file in sorted(files):
            if file.endswith(".h") and file.startswith(prefix):
                with open(os.path.join(folder, file), encoding="utf-8") as lines:
                    yield file, list(lines)


def macros(header):
    """Numbers that our own headers define."""
    names = []
    for file, lines in own_files(header):
        for line in lines:
            match = re.match(r"#define (\w+)\s+[(]*([\w ]*[)])?-?(0x)?[0-9a-fA-F]+[)]*\s*$", line)
            if match and not file.endswith("_names.h"):
                names.append(match.group(1))
    return names


def remaps(header, include, names, per_thread):
    """What plain names of functions stand for."""
    text = "#define CUDA_API_PER_THREAD_DEFAULT_STREAM\n" if per_thread else ""
    text += f"#include <{header}>\n{ALSO.get(header, '')}" + "".join(f"\nREMAP_{name} {name}" for name in names)
    return re.findall(r"^REMAP_.*", run([CC, "-E", "-P", "-x", "c", "-I", include, "-"], input=text), re.M)


def remapped(header):
    names = []
    for file, lines in own_files(header):
        if file.endswith("_names.h"):
            names += [line.split()[1] for line in lines if re.match(r"#define (cu|nvml)", line)]
    return sorted(set(names))


def facts(header, include, names, shapes, defines):
    """What a compiled program says with these headers."""
    lines = ["#define __CUDA_API_VERSION_INTERNAL", f"#include <{header}>", ALSO.get(header, ""),
             "#include <stdio.h>", "#include <stddef.h>"]
    lines.append("int main(void) {")
    for name in names:
        lines.append(f'printf("{name} = %lld\\n", (long long){name});')
    for name in defines:
        lines.append(f'printf("{name} = %lld\\n", (long long)(size_t){name});')
    for shape, members in shapes.items():
        lines.append(f'printf("sizeof({shape}) = %zu\\n", sizeof({shape}));')
        for member in members:
            where = f"offsetof({shape}, {member})"
            size = f"sizeof((({shape} *)0)->{member})"
            lines.append(f'printf("{shape}.{member} = %zu+%zu\\n", {where}, {size});')
    lines.append("return 0; }")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "facts")
        run([CC, "-w", "-x", "c", "-I", include, "-", "-o", program], input="\n".join(lines))
        return run([program]).splitlines()


def prototypes(header, include):
    """Function name -> prototype as the compiler writes it."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "aux")
        text = f"#define __CUDA_API_VERSION_INTERNAL\n#include <{header}>\n{ALSO.get(header, '')}"
        run(PROTOTYPES + ["-I", include, "-aux-info", out, "-"], input=text)
        with open(out, encoding="utf-8") as lines:
            content = lines.read()
    found = {}
    for match in re.finditer(r"extern (.*?\b((?:cu|nvml)[A-Za-z]\w*) \(.*\));", content):
        # Deprecated names of the same structure differ in words only.
        found[match.group(2)] = match.group(1)
    return found


def check(header, theirs):
    text = preprocess(header, OURS)
    names, shapes, defines = enumerators(text), structures(text), macros(header)
    mine = facts(header, OURS, names, shapes, defines)
    real = facts(header, theirs, names, shapes, defines)
    problems = [f"{a}  (toolkit: {b})" for a, b in zip(mine, real) if a != b]
    plain = remapped(header)
    for per_thread in (False, True):
        pairs = zip(remaps(header, OURS, plain, per_thread), remaps(header, theirs, plain, per_thread))
        problems += [f"{a}  (toolkit: {b})" for a, b in pairs if a != b]
    our_functions, real_functions = prototypes(header, OURS), prototypes(header, theirs)
    compared = 0
    for name, prototype in sorted(our_functions.items()):
        known = real_functions.get(name)
        if known is None:
            # Per-thread flavours of the runtime are declared by no header.
            if not re.search(r"_pt[sd][sz]$", name):
                problems.append(f"{name} is not in the toolkit's {header}")
        elif known != prototype:
            problems.append(f"{prototype}  (toolkit: {known})")
        else:
            compared += 1
    for problem in problems:
        print(f"{header}: {problem}", file=sys.stderr)
    print(f"{header}: {len(mine)} values and layouts, {compared} prototypes, {len(problems)} differences")
    return not problems


def main():
    theirs = sys.argv[1] if len(sys.argv) > 1 else "/usr/local/cuda/include"
    fine = True
    for header in HEADERS:
        if not os.path.exists(os.path.join(OURS, header)):
            continue
        if not os.path.exists(os.path.join(theirs, header)):
            print(f"{header}: no toolkit header in {theirs}, not compared")
            continue
        fine = check(header, theirs) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
