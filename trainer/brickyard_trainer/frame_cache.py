"""Frames decoded and resized once, as one uint8 array that all runs on the machine share: array_cache.py."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .array_cache import ArrayFile, cache_folder, keyed_path
from .dataset_index import DatasetIndex
from .resize import RESIZE_VERSION, resize_array
from .video_frames import iterate_frames

CACHE_VERSION = 1


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


def cache_path(
    index: DatasetIndex, camera: str, height: int, width: int, root: str | Path | None = None
) -> Path:
    return keyed_path(root or cache_folder("frames"), cache_key(index, camera, height, width), ".u8")


def open_frame_cache(
    index: DatasetIndex,
    camera: str,
    height: int,
    width: int,
    root: str | Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> np.memmap:
    """uint8 (N, height, width, 3), read-only: row n is the picture of the dataset's row n.

    Decodes on the first call, in which `on_progress(frames done, frames)` is called; a second process waits
    for the first. Raises DatasetError for videos that do not decode and InputError where the disk lacks the
    space.
    """
    shape = (index.frames, height, width, 3)
    path = cache_path(index, camera, height, width, root)
    file = ArrayFile(path, shape, np.uint8, f"the frame cache of {index.root}")
    if not file.is_complete():
        with file.locked():
            if not file.is_complete():
                build(index, camera, file, on_progress)
    return file.read()


def build(
    index: DatasetIndex, camera: str, file: ArrayFile, on_progress: Callable[[int, int], None] | None
) -> None:
    file.check_space()
    count, height, width, _ = file.shape
    done = 0
    try:
        with file.temporary.open("wb") as written:
            for row, frames in iterate_frames(index, camera, [e.index for e in index.episodes]):
                if row != done:
                    raise AssertionError(f"row {row} was decoded after {done} rows")
                written.write(resize_array(frames, height, width).data)
                done += len(frames)
                if on_progress:
                    on_progress(done, count)
            written.flush()
            os.fsync(written.fileno())
        file.publish()
    finally:
        file.temporary.unlink(missing_ok=True)
