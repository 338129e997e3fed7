"""Frames decoded and resized once, as one uint8 array in a file that all runs on the machine map into memory.

The file's name is a hash of all that its bytes depend on: the dataset's fingerprint, camera, size and the
version of the resize. It is written under a lock to a temporary name, flushed and renamed: whoever sees the
name sees all of it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .dataset_index import DatasetIndex
from .durable import sync_folder
from .errors import InputError
from .resize import RESIZE_VERSION, resize_array
from .video_frames import iterate_frames

CACHE_VERSION = 1
DEFAULT_ROOT = Path("~/.cache/brickyard/frames")


def cache_key(index: DatasetIndex, camera: str, height: int, width: int) -> dict[str, object]:
    """All that the cached bytes depend on."""
    return {
        "cache": CACHE_VERSION,
        "resize": RESIZE_VERSION,
        "fingerprint": index.fingerprint,
        "camera": camera,
        "frames": index.frames,
        "height_px": height,
        "width_px": width,
    }


def cache_path(index: DatasetIndex, camera: str, height: int, width: int, root: str | Path) -> Path:
    key = json.dumps(cache_key(index, camera, height, width), sort_keys=True)
    return Path(root).expanduser() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.u8"


def open_frame_cache(
    index: DatasetIndex,
    camera: str,
    height: int,
    width: int,
    root: str | Path = DEFAULT_ROOT,
    on_progress: Callable[[int, int], None] | None = None,
) -> np.memmap:
    """uint8 (N, height, width, 3), read-only: row n is the picture of the dataset's row n.

    Decodes on the first call, in which `on_progress(frames done, frames)` is called; a second process waits
    for the first. Raises DatasetError for videos that do not decode and InputError where the disk lacks the
    space.
    """
    path = cache_path(index, camera, height, width, root)
    shape = (index.frames, height, width, 3)
    if not is_complete(path, shape):
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.with_suffix(".lock")):
            if not is_complete(path, shape):
                build(index, camera, path, shape, on_progress)
    return np.memmap(path, dtype=np.uint8, mode="r", shape=shape)


def is_complete(path: Path, shape: tuple[int, ...]) -> bool:
    return path.is_file() and path.stat().st_size == int(np.prod(shape))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """The kernel drops the lock with its process, so that none outlives a kill."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(
    index: DatasetIndex,
    camera: str,
    path: Path,
    shape: tuple[int, int, int, int],
    on_progress: Callable[[int, int], None] | None,
) -> None:
    needed = int(np.prod(shape))
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise InputError(
            f"the frame cache of {index.root} needs {needed / 1e9:.1f} GB in {path.parent}, which has "
            f"{free / 1e9:.1f} GB free; free some or name another folder for it"
        )
    temporary = path.with_suffix(".part")
    done = 0
    try:
        with temporary.open("wb") as file:
            for row, frames in iterate_frames(index, camera, [e.index for e in index.episodes]):
                if row != done:
                    raise AssertionError(f"row {row} was decoded after {done} rows")
                file.write(resize_array(frames, shape[1], shape[2]).data)
                done += len(frames)
                if on_progress:
                    on_progress(done, shape[0])
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
