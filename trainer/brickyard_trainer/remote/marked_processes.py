"""All that belongs to a run's trainer, found by a mark in its environment.

Not by process group: torch's launcher gives each of its processes a session of its own, and one whose parent
died has no other tie to the run.
"""

import os
import signal
import time
from pathlib import Path

from .agent_lock import process_start
from .run_paths import RunPaths

MARK = "BRICKYARD_RUN_FOLDER"


def marked(paths: RunPaths) -> list[int]:
    """Process ids of those that run."""
    wanted = f"{MARK}={paths.folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # ended since, or another user's
        if wanted in environment.split(b"\0") and process_start(int(entry.name)) is not None:
            found.append(int(entry.name))
    return found


def kill_marked(paths: RunPaths, within_s: float = 5.0) -> bool:
    """Ends them at once, also what they start meanwhile; False when one is still there."""
    ends_s = time.monotonic() + within_s
    while there := marked(paths):
        for pid in there:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > ends_s:
            return False
        time.sleep(0.05)
    return True
