"""Compares a merged dataset with its sources, frame by frame, through lerobot's own reader.

usage: python compare_merged.py MERGED SOURCE...

Every frame of the merged dataset must have the source frame's pictures, to the bit, and the same value of
every feature but the indices, which must count on. Prints one JSON line.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

import torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset

INDICES = ["index", "episode_index", "task_index"]


def main() -> None:
    merged = LeRobotDataset("local/merged", root=sys.argv[1])
    differences: list[str] = []
    at = episodes = 0
    for path in sys.argv[2:]:
        source = LeRobotDataset("local/source", root=path)
        for frame in range(source.num_frames):
            differences += frame_differences(source[frame], merged[at], at, episodes)
            at += 1
        episodes += source.num_episodes
    if at != merged.num_frames:
        differences.append(f"{merged.num_frames} frames, the sources have {at}")
    print(json.dumps({"frames": at, "differences": differences[:20]}))


def frame_differences(source: dict, merged: dict, at: int, episodes: int) -> list[str]:
    found = []
    if int(merged["index"]) != at:
        found.append(f"frame {at}: index {int(merged['index'])}")
    if int(merged["episode_index"]) != int(source["episode_index"]) + episodes:
        found.append(f"frame {at}: episode_index {int(merged['episode_index'])}")
    for key, value in source.items():
        if key in INDICES:
            continue
        same = torch.equal(value, merged[key]) if isinstance(value, torch.Tensor) else value == merged[key]
        if not same:
            found.append(f"frame {at}: {key} differs")
    return found


if __name__ == "__main__":
    main()
