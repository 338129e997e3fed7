"""Large arrays that all runs on the machine share as files which they map into memory.

A file's name is a hash of all that its bytes depend on. It is written under a lock to a temporary name,
flushed and renamed: whoever sees the name sees all of it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .durable import sync_folder
from .errors import InputError


def cache_folder(name: str) -> Path:
    """$XDG_CACHE_HOME/brickyard/NAME, or in ~/.cache, as the set-up has its cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "brickyard" / name


def keyed_path(root: str | Path, key: dict[str, object], suffix: str) -> Path:
    text = json.dumps(key, sort_keys=True)
    return Path(root).expanduser() / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}{suffix}"


@dataclass(frozen=True)
class ArrayFile:
    """One array in one file, whole or not there."""

    path: Path
    shape: tuple[int, ...]
    dtype: type
    what: str
    """For messages: `the frame cache of DATASET`."""

    @property
    def size_bytes(self) -> int:
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize

    @property
    def temporary(self) -> Path:
        return self.path.with_suffix(".part")

    def is_complete(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size == self.size_bytes

    def read(self) -> np.memmap:
        return np.memmap(self.path, dtype=self.dtype, mode="r", shape=self.shape)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """The kernel drops the lock with its process, so that none outlives a kill."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def check_space(self) -> None:
        """Raises InputError where the disk lacks the space."""
        free = shutil.disk_usage(self.path.parent).free
        if self.size_bytes > free:
            raise InputError(
                f"{self.what} needs {self.size_bytes / 1e9:.1f} GB in {self.path.parent}, which has "
                f"{free / 1e9:.1f} GB free; free some or name another folder by XDG_CACHE_HOME"
            )

    def publish(self) -> None:
        """The temporary file, whose bytes are on the disk, gets its name."""
        os.replace(self.temporary, self.path)
        sync_folder(self.path.parent)
