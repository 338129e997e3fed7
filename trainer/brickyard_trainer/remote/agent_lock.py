"""One agent a run: the kernel drops its lock with the process, however that ends."""

import fcntl
import os
import time
from pathlib import Path

from .run_paths import RunPaths

# Who only looks has the lock, too, for a moment, and shares it with others who look.
LOOKED_AT_S = 1


class AlreadyRunning(Exception):
    """Another agent holds the run."""


def take(paths: RunPaths):
    """The open file whose lock is held until it is closed."""
    file = open(paths.lock, "a+")  # noqa: SIM115 - it stays open as long as the process
    if not wait_until(lambda: locked(file), LOOKED_AT_S):
        file.close()
        raise AlreadyRunning
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def locked(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(paths: RunPaths) -> int | None:
    """Process id of the agent that lives, None when there is none."""
    try:
        with open(paths.lock) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        text = paths.lock.read_text().strip()
        return int(text) if text.isdigit() else None


def first_time(attempts: Path, attempt: int) -> bool:
    """Whether nobody began this attempt before; remembered from now on, also through a crash."""
    attempts.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(attempts / str(attempt), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    except FileExistsError:
        return False
    return True


def newest_attempt(attempts: Path) -> int:
    """0 before the first."""
    names = [entry.name for entry in attempts.iterdir()] if attempts.is_dir() else []
    return max((int(name) for name in names if name.isdigit()), default=0)


def stat_fields(process: Path) -> list[str]:
    """/proc/PID/stat from its third field, the state, on (proc_pid_stat(5)); a name may hold anything."""
    return (process / "stat").read_text().rsplit(")", 1)[1].split()


def process_start(pid: int) -> str | None:
    """Tells a process from a later one with the same number; None when there is none, or only its zombie."""
    try:
        fields = stat_fields(Path(f"/proc/{pid}"))
    except (OSError, IndexError):
        return None
    return None if fields[0] in "ZXx" else fields[19]


def note_process(path: Path, pid: int) -> None:
    path.write_text(f"{pid} {process_start(pid)}\n")


def wait_until(done, seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while not done():
        if time.monotonic() > ends:
            return False
        time.sleep(0.1)
    return True
