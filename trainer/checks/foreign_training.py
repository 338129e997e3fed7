"""Trains two steps on datasets that others made, exports, and compares with the policy as lerobot runs it.

usage: python foreign_training.py WORK DATASET CAMERA[,CAMERA …] [DATASET CAMERA …]

Frames and states come from lerobot's own loader, pass its preprocessor, the policy and its postprocessor; the
policy folder gets the raw frames of the same rows. Prints one JSON line {"faults": [...]}.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from judged_runs import SMALL, Runs
from lerobot.configs.policies import PreTrainedConfig
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.policies.factory import get_policy_class, make_pre_post_processors

from brickyard_trainer.dataset_index import open_dataset
from brickyard_trainer.export_graph import action_range
from brickyard_trainer.parity import run_graph

STEPS = 2
SHORT = [f"training.steps={STEPS}", "checkpoint.export=all"]
BAR = 1e-4
"""Of the range of the dataset's actions; float32 keeps about 1e-6 of it."""


class ForeignRuns(Runs):
    def train_and_compare(self, dataset: Path, cameras: list[str]) -> None:
        name = f"{dataset.parent.name}-{dataset.name}"
        shown = ",".join(cameras)
        asked = [f"data.root={dataset}", *SMALL, *SHORT, "env=any", f"data.cameras=[{shown}]"]
        self.run(name, f"run.dir={self.work / name}", base=asked)
        checkpoint = self.work / name / "checkpoints" / "last"
        if not (checkpoint / "policy" / "policy.onnx").is_file():
            self.faults.append(f"{name}: no policy folder")
            return
        difference = self.difference(dataset, cameras, checkpoint)
        self.expect(difference <= BAR, f"{name}: {difference} of the range off what lerobot's policy answers")

    @torch.no_grad()
    def difference(self, dataset: Path, cameras: list[str], checkpoint: Path) -> float:
        config = PreTrainedConfig.from_pretrained(checkpoint / "pretrained_model")
        policy = get_policy_class(config.type).from_pretrained(checkpoint / "pretrained_model").eval()
        before, after = make_pre_post_processors(config, pretrained_path=str(checkpoint / "pretrained_model"))
        theirs = LeRobotDataset(f"local/{dataset.name}", root=dataset)
        index = open_dataset(dataset)
        low, high = index.action.min(), index.action.max()
        keys = [f"observation.images.{camera}" for camera in cameras]
        largest = 0.0
        for row in (0, len(theirs) // 2, len(theirs) - 1):
            item = theirs[row]
            batch = {key: item[key][None] for key in (*keys, "observation.state")}
            pictures = {key: (batch[key] * 255).round().to(torch.uint8) for key in keys}
            feeds = {key: picture.permute(0, 2, 3, 1).numpy() for key, picture in pictures.items()}
            feeds["observation.state"] = batch["observation.state"].float().numpy()
            wanted = after(policy.predict_action_chunk(before(batch))).numpy()
            found = run_graph(checkpoint / "policy" / "policy.onnx", feeds)
            inside = np.clip(wanted, *action_range(index))
            largest = max(largest, float(np.abs(found - inside).max() / (high - low)))
        return largest


def main() -> None:
    work, *pairs = sys.argv[1:]
    runs = ForeignRuns(Path(pairs[0]), Path(work))
    for dataset, cameras in zip(pairs[::2], pairs[1::2], strict=True):
        path = Path(dataset)
        try:
            runs.train_and_compare(path, cameras.split(","))
        except Exception as error:
            runs.faults.append(f"{path}: {type(error).__name__}: {error}"[:500])
    runs.judge()


if __name__ == "__main__":
    main()
