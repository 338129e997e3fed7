"""Whether large buffers stay with the process once keep_freed_memory() was called: python freed_memory.py.

Prints {"faults": […]} as its last line.
"""

import ctypes
import json
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from brickyard_trainer.freed_memory import keep_freed_memory

BYTES = 64 << 20
TIMES = 10
PAGES = TIMES * BYTES // resource.getpagesize()


def page_faults() -> int:
    """Of taking, writing and freeing a buffer, again and again."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(TIMES):
        buffer = libc.malloc(BYTES)
        ctypes.memset(buffer, 1, BYTES)
        libc.free(buffer)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


given_back = page_faults()
kept = keep_freed_memory()
page_faults()
once_more = page_faults()
print(f"{PAGES} pages: {given_back} page faults, then {once_more}", file=sys.stderr)
faults = []
if not kept:
    faults.append("malloc does not take the setting")
if once_more > PAGES / 100:
    faults.append(f"{once_more} page faults for {PAGES} pages that were there before")
print(json.dumps({"faults": faults}))
