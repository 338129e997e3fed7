"""Trains two steps from stock lerobot ACT checkpoints, exports, and compares with lerobot.

usage: python foreign_start.py DATASET WORK

DATASET is one of record_foreign.py with the cameras front and wrist. Checkpoints that lerobot's classes made
are given as training.init_from; what the training leaves is driven by lerobot between its own processors, and
by the policy folder. Prints one JSON line {"faults": [...]}; exit code 1 when there are any.
"""

import json
import sys
from pathlib import Path

import torch
from judged_runs import Runs
from safetensors.torch import load_file
from stock_checkpoints import (
    ACTION_STATS,
    INPUT_STATS,
    MODES,
    TINY,
    Foreign,
    change_tensors,
    exported,
    faults,
)

LR = 1e-5
STEPS = 2
TRAINING = [
    *("policy=act", "policy.input_height_px=64", "policy.input_width_px=96"),
    *(f"policy.{key}={value}" for key, value in TINY.items() if key != "device"),
    *(f"training.lr={LR}", f"training.steps={STEPS}", "training.epochs=null", "training.batch_size=4"),
    *("checkpoint.export=none", "hardware.threads=1", "env=any", "data.cameras=[front,wrist]"),
]
OTHER_NETWORK = {"n_heads": 4, "feedforward_activation": "gelu"}
NAMED = ["++policy.n_heads=4", "++policy.feedforward_activation=gelu"]


class Starts(Runs):
    def __init__(self, foreign: Foreign, work: Path) -> None:
        super().__init__(foreign.dataset.root, work)
        self.foreign = foreign
        self.base = [f"data.root={foreign.dataset.root}", *TRAINING]

    def start(self, name: str, checkpoint: Path, *settings: str, code: int = 0) -> str:
        asked = [f"training.init_from={checkpoint}", f"run.dir={self.work / name}", *settings]
        return self.run(name, *asked, code=code)

    def trained(self, name: str, checkpoint: Path, *settings: str) -> None:
        said = self.start(name, checkpoint, *settings)
        left = self.work / name / "checkpoints" / "last" / "pretrained_model"
        if not left.is_dir():
            self.faults.append(f"{name}: no checkpoint: {said[-600:]}")
            return
        before, after = (load_file(folder / "model.safetensors") for folder in (checkpoint, left))
        moved = max(float((after[key] - before[key]).abs().max()) for key in before)
        # AdamW moves a weight by about lr in each step.
        self.expect(0 < moved < 1.5 * STEPS * LR, f"{name}: weights are {moved} off the checkpoint's")
        for file in (INPUT_STATS, ACTION_STATS):
            theirs, ours = load_file(checkpoint / file), load_file(left / file)
            kept = theirs.keys() == ours.keys() and all(torch.equal(theirs[key], ours[key]) for key in theirs)
            self.expect(kept, f"{name}: {file} is not the checkpoint's")
        modes = [
            json.loads((folder / "config.json").read_text())["normalization_mapping"]
            for folder in (checkpoint, left)
        ]
        self.expect(modes[0] == modes[1], f"{name}: config.json says {modes[1]}, the checkpoint's {modes[0]}")
        exported(name, left, self.foreign)

    def stock(self) -> None:
        """With other statistics than the dataset's, which stay."""
        folder = self.foreign.make("stock")
        change_tensors(
            folder / ACTION_STATS, lambda t: (t["action.mean"].add_(0.1), t["action.std"].mul_(0.8))
        )
        self.trained("from-stock", folder)

    def other_modes(self) -> None:
        modes = {"VISUAL": MODES.IDENTITY, "STATE": MODES.MIN_MAX, "ACTION": MODES.MIN_MAX}
        self.trained("from-other-modes", self.foreign.make("other-modes", modes=modes))

    def other_network(self) -> None:
        """Its weights have the same shapes."""
        folder = self.foreign.make("other-network", **OTHER_NETWORK)
        said = self.start("unnamed", folder, code=2)
        self.expect(" ".join(NAMED) in said, f"unnamed: {said}")
        self.expect(not (self.work / "unnamed").exists(), "unnamed: left a run folder")
        self.trained("from-other-network", folder, *NAMED)

    def no_processors(self) -> None:
        folder = self.foreign.make("bare")
        (folder / "policy_preprocessor.json").unlink()
        said = self.start("bare-start", folder, code=2)
        self.expect("has no policy_preprocessor.json" in said, f"bare: {said}")


def main() -> int:
    torch.set_num_threads(1)
    work = Path(sys.argv[2]).resolve()
    starts = Starts(Foreign(Path(sys.argv[1]).resolve(), work / "checkpoints"), work)
    starts.faults = faults
    starts.judge(starts.stock, starts.other_modes, starts.other_network, starts.no_processors)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
