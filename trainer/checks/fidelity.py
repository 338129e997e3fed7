"""How far decoded frames are from the pixels as rendered, through lerobot's own decoding.

usage: python fidelity.py DATASET RAW [--backend pyav|torchcodec]

RAW is a folder of files EPISODE-FRAME.rgba (raw RGBA, top row first, at the dataset's size; numbers without
padding) or .npy arrays of shape (H, W, 4) or (H, W, 3). Prints one JSON line: the number of frames and, for
R, G and B of 255: mean absolute error, bias (decoded minus rendered), bias on flat patches (8x8 blocks
whose pixels are all equal as rendered) and the 99th percentile of the absolute error; and `upright`:
whether every frame is nearer to its rendered self than to that upside down.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDatasetMetadata
from lerobot.datasets.video_utils import decode_video_frames

CAMERA = "observation.images.ego"
TOLERANCE_S = 1e-4
PATCH_PX = 8
NAME = re.compile(r"(\d+)-(\d+)\.(rgba|npy)")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("raw", type=Path)
    parser.add_argument("--backend", choices=["pyav", "torchcodec"], default="pyav")
    arguments = parser.parse_args()
    metadata = LeRobotDatasetMetadata("local/dataset", root=arguments.dataset)
    found = [(NAME.fullmatch(path.name), path) for path in sorted(arguments.raw.iterdir())]
    wanted = sorted((int(match[1]), int(match[2]), path) for match, path in found if match)
    if not wanted:
        print(f"{arguments.raw} has no files such as 0-12.rgba", file=sys.stderr)
        return 2
    report = compare(metadata, wanted, arguments.backend)
    print(json.dumps(report))
    return 0


def compare(metadata: LeRobotDatasetMetadata, wanted: list[tuple[int, int, Path]], backend: str) -> dict:
    """Errors over all wanted frames."""
    height, width, _ = metadata.features[CAMERA]["shape"]
    absolute = np.zeros(3)
    signed = np.zeros(3)
    flat = np.zeros(3)
    flat_patches = 0
    levels = np.zeros((3, 256), dtype=np.int64)
    upright = True
    for episode, frame, path in wanted:
        rendered = load_rendered(path, height, width).astype(np.int16)
        error = decode(metadata, episode, frame, backend).astype(np.int16) - rendered
        absolute += np.abs(error).mean(axis=(0, 1))
        signed += error.mean(axis=(0, 1))
        patch_sum, patches = flat_patch_bias(rendered, error)
        flat += patch_sum
        flat_patches += patches
        for channel in range(3):
            levels[channel] += np.bincount(np.abs(error[..., channel]).ravel(), minlength=256)
        flipped = np.abs(error + rendered - rendered[::-1]).mean()
        upright = upright and bool(np.abs(error).mean() < flipped)
    count = len(wanted)
    p99 = [int(np.searchsorted(np.cumsum(level), 0.99 * level.sum())) for level in levels]
    return {
        "frames": count,
        "size": [width, height],
        "backend": backend,
        "mae": rounded(absolute / count),
        "bias": rounded(signed / count),
        "flat_bias": rounded(flat / max(flat_patches, 1)),
        "flat_patches": flat_patches,
        "p99": p99,
        "upright": upright,
    }


def decode(metadata: LeRobotDatasetMetadata, episode: int, frame: int, backend: str) -> np.ndarray:
    """One frame as lerobot gives it to a policy, as uint8 (H, W, 3)."""
    row = metadata.episodes[episode]
    time = row[f"videos/{CAMERA}/from_timestamp"] + float(np.float32(frame / metadata.fps))
    path = metadata.root / metadata.get_video_file_path(episode, CAMERA)
    picture = decode_video_frames(path, [time], TOLERANCE_S, backend)[0]
    return (picture * 255).round().byte().permute(1, 2, 0).numpy()


def load_rendered(path: Path, height: int, width: int) -> np.ndarray:
    """RGB, rows from the top."""
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False)[..., :3]
    return np.fromfile(path, dtype=np.uint8).reshape(height, width, 4)[..., :3]


def flat_patch_bias(rendered: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, int]:
    """Sum over flat patches of the mean error of each, and their number."""
    rows, columns = rendered.shape[0] // PATCH_PX, rendered.shape[1] // PATCH_PX
    shape = (rows, PATCH_PX, columns, PATCH_PX, 3)
    area = (slice(0, rows * PATCH_PX), slice(0, columns * PATCH_PX))
    pixels = rendered[area].reshape(shape)
    is_flat = (pixels.max(axis=(1, 3)) == pixels.min(axis=(1, 3))).all(axis=-1)
    means = error[area].reshape(shape).mean(axis=(1, 3))
    return means[is_flat].sum(axis=0), int(is_flat.sum())


def rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in values]


if __name__ == "__main__":
    sys.exit(main())
