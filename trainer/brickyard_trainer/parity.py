"""Whether an exported graph does what the trained network does, on real frames: three figures, each with its
bar.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from .checkpoint_loading import Checkpoint
from .dataset_index import STATE, DatasetIndex
from .errors import NegativeResult
from .resize import resize_array
from .video_frames import read_frames

BARS = {"resize": 1 / 255, "network": 1e-4, "end_to_end": 1e-3}
NETWORK_GOAL = 1e-5
"""Normalised. act_small after 5,000 steps, outputs up to 3.1, 200 frames: PyTorch and onnxruntime are at most
5.9e-6 apart (99 of 100 actions below 9.5e-7), and 1.0e-5 and 6.3e-6 from the same network in float64. That is
what float32 keeps, so above it only a warning is due; above the bar something is wrong. Before GroupNorm took
two passes it was 9.0e-5, nearly all of it PyTorch's rounding; the transformer alone is at 5e-6 in both."""
BATCH = 16


def bars(bounds: tuple[float, float]) -> dict[str, float]:
    """`BARS` for actions within these bounds: degrees are rounded more coarsely than -1 to 1."""
    return {**BARS, "end_to_end": BARS["end_to_end"] * unit(bounds)}


def unit(bounds: tuple[float, float]) -> float:
    """What counts as 1 of an action: half of its range, where that is more."""
    return max(1.0, (bounds[1] - bounds[0]) / 2)


class ParityError(NegativeResult):
    """The graph disagrees with the network by more than a bar."""


@dataclass
class ParityInputs:
    """Real frames: per camera uint8 (F, H, W, 3), states (F, S)."""

    rows: list[int]
    frames: dict[str, np.ndarray]
    states: np.ndarray


@dataclass
class Reference:
    """What PyTorch makes of them, by the checkpoint's own processors."""

    resized: dict[str, np.ndarray]
    """uint8 (F, height, width, 3)"""
    states_normalised: np.ndarray
    network_actions: np.ndarray
    """Normalised (F, chunk, A)."""
    actions: np.ndarray
    """Raw (F, chunk, A), clamped where the graph clamps."""
    beyond: float
    """Share of lerobot's actions that are not within the bounds."""


_inputs: dict[tuple, ParityInputs] = {}


def parity_inputs(index: DatasetIndex, cameras: list[str], count: int) -> ParityInputs:
    """`count` frames evenly spread over the dataset; decoded once a process."""
    key = (index.fingerprint, str(index.root), tuple(cameras), count)
    if key not in _inputs:
        rows = np.unique(np.linspace(0, index.frames - 1, min(count, index.frames)).astype(np.int64)).tolist()
        frames = {camera: read_frames(index, camera, rows) for camera in cameras}
        _inputs.clear()  # one run, one dataset
        _inputs[key] = ParityInputs(rows, frames, index.state[rows])
    return _inputs[key]


@torch.no_grad()
def reference(checkpoint: Checkpoint, inputs: ParityInputs, bounds: tuple[float, float]) -> Reference:
    """Not the graph's code: lerobot's pre- and postprocessor around the policy."""
    resized = {
        camera: resize_array(frames, *checkpoint.network_sizes[camera])
        for camera, frames in inputs.frames.items()
    }
    given = given_frames(checkpoint, inputs.frames)
    low, high = bounds
    states, network, actions, beyond = [], [], [], []
    for start in range(0, len(inputs.states), BATCH):
        part = slice(start, start + BATCH)
        batch = {STATE: torch.from_numpy(inputs.states[part])}
        for camera, frames in given.items():
            batch[camera] = torch.from_numpy(frames[part]).permute(0, 3, 1, 2).float() / 255.0
        batch = checkpoint.preprocessor(batch)
        chunk = checkpoint.policy.predict_action_chunk(batch)
        states.append(batch[STATE].numpy())
        network.append(chunk.numpy())
        raw = checkpoint.postprocessor(chunk)
        beyond.append(((raw < low) | (raw > high)).numpy())
        actions.append((raw.clamp(low, high) if checkpoint.temporal_ensemble is None else raw).numpy())
    parts = [np.concatenate(part) for part in (states, network, actions)]
    return Reference(resized, *parts, beyond=float(np.concatenate(beyond).mean()))


def given_frames(checkpoint: Checkpoint, frames: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What lerobot is given: act_small resizes by itself; ACT was trained on what the frame cache has, or on
    the frame itself where lerobot trained it.
    """
    if checkpoint.config.type == "act_small":
        return frames
    return {
        camera: resize_array(pictures, *checkpoint.network_sizes[camera])
        for camera, pictures in frames.items()
    }


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run_graph(path: Path, feeds: dict[str, np.ndarray]) -> np.ndarray:
    graph = session(path)
    count = len(next(iter(feeds.values())))
    parts = [
        graph.run(None, {name: array[start : start + BATCH] for name, array in feeds.items()})[0]
        for start in range(0, count, BATCH)
    ]
    return np.concatenate(parts)


def measure(
    inputs: ParityInputs, wanted: Reference, policy: Path, network: Path, resizes: dict[str, Path]
) -> dict[str, float | int]:
    """Largest differences between PyTorch and onnxruntime over all frames; see `BARS`."""
    resize = max(
        largest(run_graph(path, {camera: inputs.frames[camera]}), wanted.resized[camera]) / 255
        for camera, path in resizes.items()
    )
    network_actions = run_graph(network, {**wanted.resized, STATE: wanted.states_normalised})
    actions = run_graph(policy, {**inputs.frames, STATE: inputs.states})
    return {
        "frames": len(inputs.rows),
        "resize": resize,
        "network": largest(network_actions, wanted.network_actions),
        "end_to_end": largest(actions, wanted.actions),
    }


def largest(a: np.ndarray, b: np.ndarray) -> float:
    difference = np.abs(a.astype(np.float64) - b.astype(np.float64)).max()
    return float(difference) if np.isfinite(difference) else float("inf")


def check(figures: dict[str, float | int], bounds: tuple[float, float]) -> None:
    """Raises ParityError with all figures that are over their bar."""
    over = [
        f"{name} {figures[name]:.3g} (at most {bar:.3g})"
        for name, bar in bars(bounds).items()
        if figures[name] > bar
    ]
    if over:
        raise ParityError(
            f"over {figures['frames']} frames the graph disagrees with the network: {', '.join(over)}; "
            "no policy folder was written"
        )


def clamp_warning(wanted: Reference, bounds: tuple[float, float]) -> str | None:
    """One line where lerobot itself answers actions that the policy folder clamps."""
    if wanted.beyond == 0:
        return None
    return (
        f"{wanted.beyond:.1%} of the actions are beyond the dataset's range, {bounds[0]:.6g} to "
        f"{bounds[1]:.6g}; the policy folder clamps them, which lerobot does not"
    )


def warning(figures: dict[str, float | int]) -> str | None:
    """One line when the network alone is off by more than rounding usually makes it."""
    if figures["network"] <= NETWORK_GOAL:
        return None
    return (
        f"over {figures['frames']} frames the graph's network is off by up to {figures['network']:.3g} "
        f"(normalised; {NETWORK_GOAL:.0e} is usual), raw actions by up to {figures['end_to_end']:.3g}"
    )


def write_dump(
    folder: Path,
    cameras: list[str],
    inputs: ParityInputs,
    wanted: Reference,
    network: Path,
    resizes: dict[str, Path],
) -> None:
    """What another runtime needs to measure the same: raw little-endian arrays, shapes in index.json."""
    folder.mkdir(parents=True, exist_ok=True)
    single = len(cameras) == 1
    shapes: dict[str, list[int]] = {}

    def put(name: str, array: np.ndarray) -> None:
        array.tofile(folder / name)
        shapes[name] = list(array.shape)

    for number, camera in enumerate(cameras):
        suffix = "" if single else f".{number}"
        put(f"frames{suffix}.u8", inputs.frames[camera])
        put(f"resized{suffix}.u8", wanted.resized[camera])
        (folder / f"resize{suffix}.onnx").write_bytes(resizes[camera].read_bytes())
    put("states.f32", inputs.states.astype("<f4"))
    put("states_normalised.f32", wanted.states_normalised.astype("<f4"))
    put("network_actions.f32", wanted.network_actions.astype("<f4"))
    put("actions.f32", wanted.actions.astype("<f4"))
    (folder / "network.onnx").write_bytes(network.read_bytes())
    index = {
        "cameras": cameras,
        "frames": len(inputs.rows),
        "rows": inputs.rows,
        "shapes": shapes,
    }
    (folder / "index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
