"""Frames decoded and resized once, as uint8 arrays that all runs on the machine share: array_cache.py.

An episode's frames are found by the digest of its content, in whichever dataset they were met first: a
merged or extended dataset decodes only what is new, and holds no second copy of the rest.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .array_cache import ArrayFile, cache_folder, keyed_path
from .dataset_index import DatasetIndex
from .durable import read_json, write_json
from .errors import InputError
from .piecewise_frames import Piece, PiecewiseFrames
from .resize import RESIZE_VERSION, resize_array
from .video_frames import iterate_frames

CACHE_VERSION = 1
Progress = Callable[[int, int], None] | None


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
    """Where the frames of a dataset lie that shares no episode with those before it."""
    return keyed_path(root or cache_folder("frames"), cache_key(index, camera, height, width), ".u8")


def open_frame_cache(
    index: DatasetIndex,
    camera: str,
    height: int,
    width: int,
    root: str | Path | None = None,
    on_progress: Progress = None,
) -> np.ndarray | PiecewiseFrames:
    """uint8 (N, height, width, 3), read-only: row n is the picture of the dataset's row n.

    Decodes on the first call, in which `on_progress(frames done, frames to decode)` is called; a second
    process waits for the first. Raises DatasetError for videos that do not decode and InputError where the
    disk lacks the space.
    """
    folder = Path(root or cache_folder("frames")).expanduser()
    digests = index.episode_rows.get("content_sha256")
    whole = array_file(index, cache_path(index, camera, height, width, root), index.frames, (height, width))
    if digests is None or len(digests) != len(index.episodes):
        return made(index, camera, whole, range(len(index.episodes)), on_progress)
    size = {"resize": RESIZE_VERSION, "camera": camera, "height_px": height, "width_px": width}
    if whole.is_complete():
        note_episodes(index, whole, size, range(len(index.episodes)))
    known = known_episodes(folder, size)
    missing = [k for k, digest in enumerate(digests) if digest not in known]
    if missing:
        file = whole
        if len(missing) < len(digests):
            some = hashlib.sha256("\n".join(digests[k] for k in missing).encode()).hexdigest()
            path = keyed_path(folder, cache_key(index, camera, height, width) | {"episodes": some}, ".u8")
            file = array_file(index, path, rows_of(index, missing), (height, width))
        made(index, camera, file, missing, on_progress)
        note_episodes(index, file, size, missing)
        known |= episodes_of(index, file.path, missing)
    return joined(index, [known[digest] for digest in digests], (height, width))


def array_file(index: DatasetIndex, path: Path, rows: int, size: tuple[int, int]) -> ArrayFile:
    return ArrayFile(path, (rows, *size, 3), np.uint8, f"the frame cache of {index.root}")


def rows_of(index: DatasetIndex, episodes: Sequence[int]) -> int:
    return sum(index.episodes[k].stop - index.episodes[k].start for k in episodes)


def made(
    index: DatasetIndex, camera: str, file: ArrayFile, episodes: Sequence[int], on_progress: Progress
) -> np.memmap:
    if not file.is_complete():
        with file.locked():
            if not file.is_complete():
                build(index, camera, file, episodes, on_progress)
    return file.read()


def build(
    index: DatasetIndex, camera: str, file: ArrayFile, episodes: Sequence[int], on_progress: Progress
) -> None:
    file.check_space()
    count, height, width, _ = file.shape
    done = 0
    wanted = np.concatenate([np.arange(index.episodes[k].start, index.episodes[k].stop) for k in episodes])
    try:
        with file.temporary.open("wb") as written:
            for row, frames in iterate_frames(index, camera, list(episodes)):
                if row != wanted[done]:
                    raise AssertionError(f"row {row} was decoded where {wanted[done]} is next")
                written.write(resize_array(frames, height, width).data)
                done += len(frames)
                if on_progress:
                    on_progress(done, count)
            written.flush()
            os.fsync(written.fileno())
        file.publish()
    finally:
        file.temporary.unlink(missing_ok=True)


Place = tuple[Path, int, int]
"""A file of rows, how many it has, and the episode's first among them."""


def episodes_of(index: DatasetIndex, path: Path, episodes: Sequence[int]) -> dict[str, Place]:
    """By digest; the file holds exactly these episodes, one after the other."""
    digests, count, at, places = index.episode_rows["content_sha256"], rows_of(index, episodes), 0, {}
    for k in episodes:
        places[digests[k]] = (path, count, at)
        at += index.episodes[k].stop - index.episodes[k].start
    return places


def note_episodes(index: DatasetIndex, file: ArrayFile, size: dict, episodes: Sequence[int]) -> None:
    """Beside the file: which episodes it holds, for datasets that have them too."""
    path = file.path.with_suffix(".json")
    if path.exists():
        return
    places = episodes_of(index, file.path, episodes)
    first_rows = {digest: first for digest, (_, _, first) in places.items()}
    write_json(path, size | {"rows": file.shape[0], "episodes": first_rows})


def known_episodes(folder: Path, size: dict) -> dict[str, Place]:
    """Of every whole file of that size. Where a note cannot be read its frames are decoded again."""
    known: dict[str, Place] = {}
    pixels = size["height_px"] * size["width_px"] * 3
    for path in sorted(folder.glob("*.json")):
        try:
            note = read_json(path)
            rows, episodes, data = note["rows"], note["episodes"], path.with_suffix(".u8")
            if {key: note[key] for key in size} != size or data.stat().st_size != rows * pixels:
                continue
        except (InputError, OSError, KeyError, TypeError):
            continue
        known |= {digest: (data, rows, first) for digest, first in episodes.items()}
    return known


def joined(
    index: DatasetIndex, places: Sequence[Place], size: tuple[int, int]
) -> np.ndarray | PiecewiseFrames:
    """Neighbours in a file are one piece; where there is one piece it is the array itself."""
    arrays: dict[Path, np.memmap] = {}
    pieces: list[Piece] = []
    for episode, (path, count, first) in zip(index.episodes, places, strict=True):
        if path not in arrays:
            arrays[path] = array_file(index, path, count, size).read()
        array, rows = arrays[path], episode.stop - episode.start
        last = pieces[-1] if pieces else None
        if last and last.array is array and last.first + last.rows == first:
            pieces[-1] = Piece(array, last.first, last.rows + rows)
        else:
            pieces.append(Piece(array, first, rows))
    if len(pieces) == 1:
        return pieces[0].array[pieces[0].first : pieces[0].first + pieces[0].rows]
    return PiecewiseFrames(pieces)
