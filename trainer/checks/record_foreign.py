"""Records a small dataset with lerobot's own recorder: data that is not ours, for `dataset validate`.

usage: python record_foreign.py OUT [CODEC [CAMERA …]]
"""

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset

WIDTH, HEIGHT, FPS = 96, 64, 10
LENGTHS = [12, 30, 7]


def main() -> None:
    out, codec = sys.argv[1], (sys.argv[2:] or ["h264"])[0]
    cameras = [f"observation.images.{name}" for name in (sys.argv[3:] or ["front"])]
    picture = {"dtype": "video", "shape": (HEIGHT, WIDTH, 3), "names": ["height", "width", "channels"]}
    features = {
        **{camera: picture for camera in cameras},
        "observation.state": {"dtype": "float32", "shape": (3,), "names": ["a", "b", "c"]},
        "action": {"dtype": "float32", "shape": (2,), "names": ["left", "right"]},
        "next.done": {"dtype": "bool", "shape": (1,), "names": None},
    }
    dataset = LeRobotDataset.create("local/foreign", FPS, features, root=out, vcodec=codec)
    random = np.random.default_rng(1)
    for episode, length in enumerate(LENGTHS):
        for frame in range(length):
            dataset.add_frame(
                {
                    **{c: random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8) for c in cameras},
                    "observation.state": random.normal(size=3).astype(np.float32),
                    "action": random.uniform(-1, 1, 2).astype(np.float32),
                    "next.done": np.array([frame == length - 1]),
                    "task": f"task {episode % 2}",
                }
            )
        dataset.save_episode()
    dataset.finalize()


if __name__ == "__main__":
    main()
