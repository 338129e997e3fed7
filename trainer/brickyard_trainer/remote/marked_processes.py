"""All that belongs to a run's trainer, found by a mark in its environment.

Not by process group: torch's launcher gives each of its processes a session of its own, and one whose parent
died has no other tie to the run.
"""

import os
import signal
import time
from pathlib import Path

from .agent_lock import process_start, stat_fields
from .run_paths import RunPaths

MARK = "BRICKYARD_RUN_FOLDER"
# A program is put in place within microseconds unless the process has to wait for a core.
EXEC_WITHIN_S = 1.0
# Field 26 of proc_pid_stat(5), in stat_fields(): 0 until exec() has put the program in place. Field 28,
# the start of the stack, is set too early: 2 of 6,000 children were missed with it.
START_OF_CODE = 23


def marked(paths: RunPaths) -> list[int]:
    """Process ids of those that run."""
    wanted = f"{MARK}={paths.folder}".encode()
    found = []
    until_s = time.monotonic() + EXEC_WITHIN_S
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = environment_of(entry, until_s)
        except OSError:
            continue  # ended since, or another user's
        if wanted in environment.split(b"\0") and process_start(int(entry.name)) is not None:
            found.append(int(entry.name))
    return found


def environment_of(process: Path, until_s: float) -> bytes:
    """Empty for a process without one. Amid exec() it reads as empty too (16 of 6,000 fresh processes on busy
    cores), so that a child would be missed: such a one is read again, until `until_s` of the monotonic clock.
    """
    while True:
        settled = is_in_place(process) or time.monotonic() > until_s
        environment = (process / "environ").read_bytes()
        if environment or settled:
            return environment
        time.sleep(0.001)


def is_in_place(process: Path) -> bool:
    """False amid exec(). The kernel's own threads and zombies have no program to wait for."""
    try:
        os.readlink(process / "exe")
    except OSError:
        return True
    return stat_fields(process)[START_OF_CODE] != "0"


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
