"""Runs train.py in ways that must come to the same numbers: python training_steps.py DATASET WORK.

A frozen backbone with and without the cache of its features; gradients added up over two batches and one
batch of both. Prints {"faults": […]} as its last line.
"""

import sys
from pathlib import Path

from judged_runs import Runs
from lerobot.policies.act.modeling_act import ACTPolicy
from safetensors.torch import load_file

from lerobot_policy_act_small import ActSmallPolicy

FINE = [
    "hardware.precision=float32",
    "training.log_every=1",
    "training.steps=6",
    "checkpoint.every_steps=3",
    "data.holdout=0.25",
]
ACT = ["policy=act", "policy.dim_model=32", "policy.dim_feedforward=32", "policy.n_heads=2"]
ACT += ["policy.input_height_px=64", "policy.input_width_px=64", "policy.n_encoder_layers=1"]
ACT += ["policy.n_vae_encoder_layers=1", "training.epochs=null", "policy.chunk_size=10"]
ACT += ["policy.n_action_steps=5"]
RELATIVE = 1e-5
"""Found: 6e-8 and 2e-7 with and without the cache (act_small, act), 8e-8 with two batches and one."""


def weights(run: Path, name: str) -> dict:
    return load_file(run / "checkpoints" / name / "pretrained_model/model.safetensors")


class Check(Runs):
    def same_numbers(self, one: str, other: str) -> None:
        pairs = list(zip(self.curve(one), self.curve(other), strict=True))
        self.expect(len(pairs) == 6, f"{one} logged {len(pairs)} steps")
        for mine, theirs in pairs:
            off = abs(mine[1] - theirs[1]) / abs(theirs[1])
            self.expect(off < RELATIVE, f"step {mine[0]}: loss {mine[1]} of {one}, {theirs[1]} of {other}")

    def frozen(self) -> None:
        for kind, policy, settings in (("small", ActSmallPolicy, []), ("act", ACTPolicy, ACT)):
            wanted = [*FINE, *settings, "policy.freeze_backbone=true"]
            cached, plain = f"{kind}-cached", f"{kind}-plain"
            self.run(cached, *wanted, f"run.dir={self.work}/{cached}")
            self.run(plain, *wanted, "data.feature_cache=false", f"run.dir={self.work}/{plain}")
            self.same_numbers(cached, plain)
            early, mine, theirs = (
                weights(self.work / run, name)
                for run, name in ((cached, "000003"), (cached, "000006"), (plain, "000006"))
            )
            self.expect(
                {key: (value.shape, value.dtype) for key, value in mine.items()}
                == {key: (value.shape, value.dtype) for key, value in theirs.items()},
                f"{kind}: the checkpoint has another layout than without the cache",
            )
            backbone = [key for key in mine if key.startswith("model.backbone.")]
            self.expect(len(backbone) > 5, f"{kind}: the checkpoint lacks the backbone: {list(mine)[:9]}")
            fixed = [key for key in mine if mine[key].equal(early[key])]
            self.expect(set(backbone) <= set(fixed), f"{kind}: the backbone was trained")
            self.expect(len(fixed) < len(mine), f"{kind}: nothing was trained")
            policy.from_pretrained(self.work / cached / "checkpoints/last/pretrained_model", strict=True)
        self.expect(self.curve("small-cached") != self.curve("act-cached"), "two networks, one curve")

    def frozen_and_resumed(self) -> None:
        self.resumed_again("small-cached", "small-again", 3)
        self.expect(
            self.curve("small-again") == self.curve("small-cached"), "frozen: the resumed curve is another"
        )
        tune = f"training.init_from={self.work}/small-cached/checkpoints/last"
        self.run("tuned", *FINE, tune, "policy.freeze_backbone=true", f"run.dir={self.work}/tuned")
        refused = self.run(
            "both",
            "policy.freeze_backbone=true",
            "data.augmentation=true",
            f"run.dir={self.work}/both",
            code=2,
        )
        self.expect("data.feature_cache=false" in refused, f"both: {refused}")

    def accumulated(self) -> None:
        wanted = [*FINE, "policy.dropout=0.0"]
        self.run("one", *wanted, "training.batch_size=8", f"run.dir={self.work}/one")
        self.run("two", *wanted, "training.accumulate=2", f"run.dir={self.work}/two")
        self.same_numbers("two", "one")
        dropped = [*FINE, "training.accumulate=2", f"run.dir={self.work}/dropped"]
        self.run("dropped", *dropped)
        self.resumed_again("dropped", "dropped-again", 3)
        self.expect(
            self.curve("dropped-again") == self.curve("dropped"), "accumulate: the resumed curve is another"
        )


if __name__ == "__main__":
    check = Check(Path(sys.argv[1]), Path(sys.argv[2]))
    check.judge(check.frozen, check.frozen_and_resumed, check.accumulated)
