"""Loads a dataset with lerobot itself and checks all that a training run relies on.

usage: python load_dataset.py DATASET [--pattern] [--max-frames N]

Checks, each of which fails the run: LeRobotDataset opens without the Hub; every row's columns have the
types of info.json; every frame decodes with torchcodec and with pyav within lerobot's own tolerance, and
both show the same picture; a DataLoader with a chunk of actions collates; one forward pass of ACT runs and
its loss is finite; lerobot's own statistics code, run over the same values, gives the statistics stored,
and decoded frames have the camera's; the provenance columns are there. With --pattern the pictures are
those of test/dataset/patterned-video.ts, and each must be the right one. Prints one JSON line; exit code 1
with the faults in it when a check fails.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

import numpy as np
import pyarrow.parquet as pq
import torch
from lerobot.configs.types import FeatureType
from lerobot.datasets.compute_stats import aggregate_stats, get_feature_stats, sample_indices
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.datasets.utils import cast_stats_to_numpy, dataset_to_policy_features
from lerobot.datasets.video_utils import decode_video_frames
from lerobot.policies.act.configuration_act import ACTConfig
from lerobot.policies.act.modeling_act import ACTPolicy

CAMERA = "observation.images.ego"
PROVENANCE = [
    "key",
    "scenario",
    "scenario_hash",
    "seed",
    "slot",
    "attempt",
    "outcome",
    "sources",
    "start",
    "final_state_hash",
    "content_sha256",
]
BLOCK_PX, BITS = 8, 12
CHUNK = 10
TOLERANCE_S = 1e-4
CAMERA_TOLERANCE = 0.03


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--pattern", action="store_true", help="the pictures are the test pattern")
    parser.add_argument("--max-frames", type=int, default=None, help="decode about so many, spread evenly")
    arguments = parser.parse_args()

    faults: list[str] = []
    dataset = LeRobotDataset("local/dataset", root=arguments.dataset, tolerance_s=TOLERANCE_S)
    faults += column_faults(dataset)
    faults += provenance_faults(dataset)
    stored = stored_statistics(dataset)
    statistics_worst, statistics_faults = compare_statistics(dataset, stored)
    faults += statistics_faults
    decoding, decoding_faults = decode_all(dataset, stored, arguments.pattern, arguments.max_frames)
    faults += decoding_faults
    loss = act_forward(arguments.dataset, dataset)
    if not np.isfinite(loss):
        faults.append(f"ACT's loss is {loss}")

    print(
        json.dumps(
            {
                "ok": not faults,
                "episodes": dataset.num_episodes,
                "frames": dataset.num_frames,
                "tasks": list(dataset.meta.tasks.index),
                **decoding,
                "statistics_worst_error": statistics_worst,
                "act_loss": loss,
                "faults": faults[:50],
            }
        )
    )
    return 1 if faults else 0


def column_faults(dataset: LeRobotDataset) -> list[str]:
    """Row i has index i, its time is frame / fps, and every value has the type and shape of info.json."""
    faults = []
    rows = dataset.load_hf_dataset().with_format("numpy")[:]
    if not np.array_equal(rows["index"], np.arange(dataset.num_frames)):
        faults.append("index does not count the rows")
    expected = (rows["frame_index"] / dataset.fps).astype(np.float32)
    if not np.array_equal(rows["timestamp"].astype(np.float32), expected):
        faults.append("timestamp is not float32(frame_index / fps)")
    item = dataset[0]
    for key, feature in dataset.features.items():
        if feature["dtype"] == "video":
            continue
        shape = () if feature["shape"] == (1,) else feature["shape"]
        kind = {"float32": torch.float32, "int64": torch.int64, "bool": torch.bool}[feature["dtype"]]
        if item[key].dtype != kind or tuple(item[key].shape) != shape:
            faults.append(f"{key} loads as {item[key].dtype} {tuple(item[key].shape)}")
    for episode in dataset.meta.episodes:
        task = dataset.meta.tasks.iloc[int(rows["task_index"][episode["dataset_from_index"]])].name
        if [task] != list(episode["tasks"]):
            faults.append(f"episode {episode['episode_index']}: task {task!r}, not {episode['tasks']}")
    return faults


def provenance_faults(dataset: LeRobotDataset) -> list[str]:
    faults = [
        f"meta/episodes has no column {name}"
        for name in PROVENANCE
        if name not in dataset.meta.episodes.features
    ]
    if faults:
        return faults
    for episode in dataset.meta.episodes:
        start = json.loads(episode["start"])
        if start["scenario"] != episode["scenario"]:
            faults.append(f"episode {episode['episode_index']}: start is of {start['scenario']}")
    return faults


def stored_statistics(dataset: LeRobotDataset) -> list[dict]:
    """Of each episode, as its row of meta/episodes has them."""
    paths = sorted((dataset.root / "meta/episodes").glob("*/*.parquet"))
    return [unflattened(row) for path in paths for row in pq.read_table(path).to_pylist()]


def compare_statistics(dataset: LeRobotDataset, stored: list[dict]) -> tuple[dict[str, float], list[str]]:
    """Ours against lerobot's code over the same rows; quantiles may differ by its bins.

    The camera's are compared with decoded frames, in decode_all: lerobot 0.4.4 squares pictures as uint8,
    which overflows, so its own std of an episode's pictures is no measure.
    """
    rows = dataset.load_hf_dataset().with_format("numpy")[:]
    worst: dict[str, float] = {}
    faults = []
    for episode, statistics in zip(dataset.meta.episodes, stored, strict=True):
        span = slice(episode["dataset_from_index"], episode["dataset_to_index"])
        for key in rows:
            values = rows[key][span].astype(np.float64)
            theirs = get_feature_stats(values, axis=0, keepdims=values.ndim == 1)
            scale = float(np.max(np.abs(values))) + 1.0
            for name, expected in theirs.items():
                slack = 1e-5 * scale
                if name.startswith("q"):
                    slack += quantile_slack(values, int(name[1:]) / 100)
                ours = np.asarray(statistics[key][name]).reshape(-1)
                error = np.abs(ours - np.asarray(expected).reshape(-1))
                worst[name] = max(worst.get(name, 0.0), float(np.max(error) / scale))
                if np.any(error > slack):
                    where = f"episode {episode['episode_index']}: {key}/{name}"
                    faults.append(f"{where} is {ours}, lerobot computes {expected}")
    theirs = aggregate_stats([cast_stats_to_numpy(statistics) for statistics in stored])
    for key, statistics in theirs.items():
        for name, expected in statistics.items():
            ours = dataset.meta.stats[key][name]
            if ours.shape != expected.shape or not np.allclose(ours, expected, rtol=1e-9, atol=1e-9):
                faults.append(f"stats.json: {key}/{name} is {ours}, lerobot aggregates {expected}")
    return worst, faults


def quantile_slack(values: np.ndarray, quantile: float) -> np.ndarray:
    """Distance to the neighbours in rank: a 5000-bin histogram cannot tell which of them is the quantile."""
    ordered = np.sort(values.reshape(len(values), -1), axis=0)
    rank = max(0, int(np.ceil(quantile * len(ordered) - 1e-9)) - 1)
    low, high = ordered[max(rank - 1, 0)], ordered[min(rank + 1, len(ordered) - 1)]
    return (high - low) + (ordered[-1] - ordered[0]) / 2500


def unflattened(row: dict) -> dict[str, dict[str, np.ndarray]]:
    statistics: dict[str, dict[str, np.ndarray]] = {}
    for name, value in row.items():
        if name.startswith("stats/"):
            feature, statistic = name[len("stats/") :].rsplit("/", 1)
            statistics.setdefault(feature, {})[statistic] = np.array(value)
    return statistics


def decode_all(
    dataset: LeRobotDataset, stored: list[dict], pattern: bool, max_frames: int | None
) -> tuple[dict, list[str]]:
    """Every frame through both of lerobot's decoders, by its own timestamps and tolerance."""
    faults: list[str] = []
    backends = ["torchcodec", "pyav"]
    decoded = dict.fromkeys(backends, 0)
    largest_difference = camera_error = 0.0
    step = 1 if max_frames is None else max(1, dataset.num_frames // max_frames)
    timestamps = dataset.load_hf_dataset().with_format("numpy")["timestamp"][:]
    for episode in dataset.meta.episodes:
        number = episode["episode_index"]
        path = dataset.root / dataset.meta.get_video_file_path(number, CAMERA)
        first = episode[f"videos/{CAMERA}/from_timestamp"]
        # another frame of each episode, at least one of the shortest
        frames = range(number % min(step, episode["length"]), episode["length"], step)
        queries = [first + float(timestamps[episode["dataset_from_index"] + frame]) for frame in frames]
        pictures = {}
        for backend in backends:
            try:
                pictures[backend] = (decode_video_frames(path, queries, TOLERANCE_S, backend) * 255).round()
                decoded[backend] += len(queries)
            except Exception as error:
                faults.append(f"episode {number}: {backend}: {error}")
        if len(pictures) == len(backends) and queries:
            difference = (pictures["torchcodec"] - pictures["pyav"]).abs().max().item()
            largest_difference = max(largest_difference, difference)
        if step == 1 and "torchcodec" in pictures:
            error, camera = camera_fault(number, pictures["torchcodec"], stored[number][CAMERA])
            camera_error = max(camera_error, error)
            faults += camera
        if pattern:
            for backend, tensor in pictures.items():
                faults += wrong_pictures(number, list(frames), tensor, backend)
    # The two convert YUV to RGB with their own rounding.
    if largest_difference > 4:
        faults.append(f"torchcodec and pyav differ by {largest_difference} of 255")
    report = {
        "decoded": decoded,
        "decoders_differ_by": largest_difference,
        "camera_statistics_error": camera_error,
    }
    return report, faults


def camera_fault(episode: int, pictures: torch.Tensor, statistics: dict) -> tuple[float, list[str]]:
    """Mean and std of the frames that lerobot would sample, decoded, against those stored from rendered ones.

    The codec moves them by a few thousandths; channels in another order or another scale would show.
    """
    sampled = pictures[sample_indices(len(pictures))].double() / 255
    worst = 0.0
    for name, found in [
        ("mean", sampled.mean(dim=(0, 2, 3))),
        ("std", sampled.std(dim=(0, 2, 3), correction=0)),
    ]:
        error = np.abs(np.asarray(statistics[name]).reshape(3) - found.numpy()).max()
        worst = max(worst, float(error))
    if worst <= CAMERA_TOLERANCE:
        return worst, []
    return worst, [f"episode {episode}: the camera's mean or std is {worst:.3f} off the decoded frames'"]


def wrong_pictures(episode: int, frames: list[int], pictures: torch.Tensor, backend: str) -> list[str]:
    faults = []
    for frame, picture in zip(frames, pictures, strict=True):
        shown = (read_number(picture, 0), read_number(picture, 1))
        if shown != (episode, frame):
            where = f"{backend}: episode {episode} frame {frame}"
            faults.append(f"{where} shows episode {shown[0]} frame {shown[1]}")
    return faults


def read_number(picture: torch.Tensor, row: int) -> int:
    """The number in a row of blocks, least significant bit on the left."""
    y = row * BLOCK_PX + BLOCK_PX // 2
    bits = [picture[:, y, bit * BLOCK_PX + BLOCK_PX // 2].mean().item() > 127 for bit in range(BITS)]
    return sum(1 << i for i, bit in enumerate(bits) if bit)


def act_forward(root: Path, dataset: LeRobotDataset) -> float:
    """One batch of a DataLoader with two workers through a small ACT."""
    deltas = {"action": [i / dataset.fps for i in range(CHUNK)]}
    chunked = LeRobotDataset("local/dataset", root=root, delta_timestamps=deltas, tolerance_s=TOLERANCE_S)
    loader = torch.utils.data.DataLoader(chunked, batch_size=4, shuffle=True, num_workers=2)
    batches = iter(loader)
    for _ in range(3):
        batch = next(batches)
    features = dataset_to_policy_features(dataset.features)
    outputs = {key: feature for key, feature in features.items() if feature.type is FeatureType.ACTION}
    if list(outputs) != ["action"]:
        raise SystemExit(f"lerobot takes {list(outputs)} for actions")
    config = ACTConfig(
        input_features={key: feature for key, feature in features.items() if key not in outputs},
        output_features=outputs,
        chunk_size=CHUNK,
        n_action_steps=CHUNK,
        dim_model=32,
        n_heads=2,
        dim_feedforward=64,
        n_encoder_layers=1,
        n_vae_encoder_layers=1,
        pretrained_backbone_weights=None,
        device="cpu",
        push_to_hub=False,
    )
    loss, _ = ACTPolicy(config).forward(batch)
    return loss.item()


if __name__ == "__main__":
    sys.exit(main())
