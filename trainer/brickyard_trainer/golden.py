"""Golden pairs: real frames with the actions that PyTorch answers, and what makes the frames again."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from .checkpoint_loading import Checkpoint
from .dataset_index import DatasetIndex
from .parity import ParityInputs, reference, unit
from .video_frames import read_frames

PAIRS = 8
LAST_FRAME = 300
"""Later frames would cost whoever draws them again too many simulated steps."""
TOLERANCE = 1e-3
"""Of actions from -1 to 1; see `unit`."""


def choose_pairs(index: DatasetIndex, count: int = PAIRS) -> list[tuple[int, int]]:
    """(episode, frame): episodes evenly spread, frames from the beginning to the end or LAST_FRAME."""
    chosen: list[tuple[int, int]] = []
    for k in range(count):
        episode = index.episodes[(2 * k + 1) * len(index.episodes) // (2 * count)]
        last = min(episode.stop - episode.start - 1, LAST_FRAME)
        pair = (episode.index, round(last * k / max(count - 1, 1)))
        if pair not in chosen:
            chosen.append(pair)
    return chosen


def write_golden(
    folder: Path, checkpoint: Checkpoint, index: DatasetIndex, bounds: tuple[float, float]
) -> dict[str, Any]:
    """Writes pairs.json and the pictures into `folder`; returns the contract's entry `golden`."""
    folder.mkdir()
    chosen = choose_pairs(index)
    rows = [index.episodes[episode].start + frame for episode, frame in chosen]
    frames = {camera: read_frames(index, camera, rows) for camera in checkpoint.cameras}
    inputs = ParityInputs(rows, frames, index.state[rows])
    expected = reference(checkpoint, inputs, bounds).actions
    pairs = []
    for k, (episode, frame) in enumerate(chosen):
        images = []
        for number, camera in enumerate(checkpoint.cameras):
            name = f"{k * len(checkpoint.cameras) + number:02d}.png"
            Image.fromarray(frames[camera][k]).save(folder / name)
            images.append({"file": name, "sha256": sha256(folder / name)})
        pairs.append(
            {
                "episode": episode,
                "frame": frame,
                "replay": replay(index, episode, frame),
                "images": images,
                "state": as_numbers(inputs.states[k]),
                "expected": as_numbers(expected[k]),
            }
        )
    path = folder / "pairs.json"
    golden = {"tolerance": TOLERANCE * unit(bounds), "pairs": pairs}
    path.write_text(json.dumps(golden, allow_nan=False), encoding="utf-8")
    return {"sha256": sha256(path), "pairs": len(pairs)}


def replay(index: DatasetIndex, episode: int, frame: int) -> dict[str, Any] | None:
    """The episode's start and what drove before `frame`; None for data that others made."""
    starts = index.episode_rows.get("start")
    if not index.made_by_brickyard or starts is None or "executed_action" not in index.info["features"]:
        return None
    executed = executed_actions(index, episode)[:frame]
    return {"start": json.loads(starts[episode]), "executed_actions": as_numbers(executed)}


def executed_actions(index: DatasetIndex, episode: int) -> np.ndarray:
    """float32 (rows of the episode, A)"""
    rows = index.episode_rows
    path = index.info["data_path"].format(
        chunk_index=rows["data/chunk_index"][episode], file_index=rows["data/file_index"][episode]
    )
    table = pq.read_table(
        index.root / path,
        columns=["executed_action", "frame_index"],
        filters=[("episode_index", "=", episode)],
        partitioning=None,
    )
    order = np.argsort(table.column("frame_index").to_numpy())
    return np.array(table.column("executed_action").to_pylist(), dtype=np.float32)[order]


def as_numbers(array: np.ndarray) -> list:
    """The shortest decimals that are the same float32."""
    return np.vectorize(lambda x: float(str(x)), otypes=[float])(array).tolist() if array.size else []


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
