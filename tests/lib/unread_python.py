#!/usr/bin/env python3
"""Says why call stacks are to lack the functions of the Python that runs this; nothing where they are to have them."""

import sys
import sysconfig

FIRST, LAST = (3, 10), (3, 14)

version = sys.version_info[:2]
if sys.implementation.name != "cpython" or not FIRST <= version <= LAST or sysconfig.get_config_var("Py_GIL_DISABLED"):
    print("functions are read of CPython %d.%d to %d.%d, not of %s %d.%d%s" %
          (*FIRST, *LAST, sys.implementation.name, *version, getattr(sys, "abiflags", "")))
