"""Loads datasets whose append was killed with lerobot itself, and reads every frame of what was there before.

usage: python load_interrupted.py EPISODES FRAMES DATASET...

Checks that each opens without the Hub with so many episodes and frames, that every item comes with its
pictures and belongs to one of them, and that a DataLoader over them ends, as in lerobot's own training.
Prints one JSON line with the faults; exit code 1 when there are any.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

import torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset

CHUNK = 5


def main() -> int:
    episodes, frames = int(sys.argv[1]), int(sys.argv[2])
    faults = [fault for name in sys.argv[3:] for fault in faults_of(Path(name), episodes, frames)]
    print(json.dumps({"datasets": len(sys.argv) - 3, "faults": faults}))
    return 1 if faults else 0


def faults_of(root: Path, episodes: int, frames: int) -> list[str]:
    try:
        fps = json.loads((root / "meta/info.json").read_text())["fps"]
        deltas = {"action": [i / fps for i in range(CHUNK)]}
        dataset = LeRobotDataset("local/dataset", root=root, delta_timestamps=deltas)
        if (dataset.num_episodes, len(dataset)) != (episodes, frames):
            return [f"{root}: {dataset.num_episodes} episodes of {len(dataset)} frames"]
        seen = set()
        for batch in torch.utils.data.DataLoader(dataset, batch_size=16):
            seen.update(batch["episode_index"].tolist())
        if seen != set(range(episodes)):
            return [f"{root}: its frames are of episodes {sorted(seen)}"]
        last = LeRobotDataset("local/dataset", root=root, episodes=[episodes - 1])
        last[len(last) - 1]
    except Exception as error:
        return [f"{root}: {type(error).__name__}: {error}"]
    return []


if __name__ == "__main__":
    sys.exit(main())
