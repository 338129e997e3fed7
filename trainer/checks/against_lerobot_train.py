"""Steps per second of train.py against lerobot's own training loop, on the identical network.

    python trainer/checks/against_lerobot_train.py DATASET [--steps 40] [--policy act_small] [--threads 1]

Same configuration, batch, threads and device. lerobot-train decodes its frames from videos at the dataset's
size and act_small resizes them in the network; train.py takes them from the cache, whose making is not in the
figure. Both run in this process in turn, twice; the last line is JSON with the medians after the warm-up.
"""

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["HF_HUB_OFFLINE"] = "1"

import lerobot.scripts.lerobot_train as peer
import torch
from lerobot.configs.default import DatasetConfig
from lerobot.configs.train import TrainPipelineConfig

import train
from brickyard_trainer.machine import quiet_libraries
from brickyard_trainer.settings import composed, resolved

ROUNDS = 2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--steps", type=int, default=40, help="that are counted (default 40)")
    parser.add_argument("--warm-up", type=int, default=8, help="steps before those (default 8)")
    parser.add_argument("--policy", default="act_small", help="act_small or act")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch (default 1)")
    parser.add_argument("--workers", type=int, default=0, help="of lerobot-train's loader (default 0)")
    parser.add_argument(
        "--override", action="append", default=[], help="of train.py, e.g. policy.dim_model=64"
    )
    options = parser.parse_args()
    quiet_libraries()
    rows = []
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        for number in range(ROUNDS):
            ours = measure_ours(options, Path(folder) / f"ours-{number}")
            batch = ours.settings["batch_size"]
            theirs = measure_theirs(options, ours.policy_config, batch, Path(folder) / f"theirs-{number}")
            rows.append((ours_figures(ours), theirs))
    report = {
        "policy": options.policy,
        "batch_size": ours.settings["batch_size"],
        "threads": options.threads,
        "steps": options.steps,
        "ours_steps_per_s": [round(mine["steps_per_s"], 3) for mine, _ in rows],
        "ours_data_wait_share": [round(mine["data_wait_share"], 5) for mine, _ in rows],
        "lerobot_steps_per_s": [round(theirs["steps_per_s"], 3) for _, theirs in rows],
        "lerobot_data_wait_share": [round(theirs["data_wait_share"], 4) for _, theirs in rows],
        "ratio": round(statistics.mean(m["steps_per_s"] / t["steps_per_s"] for m, t in rows), 3),
    }
    print(json.dumps(report))


class Timed(train.Training):
    """Notes when each step ended and how long it waited."""

    def train_step(self, stream) -> None:
        began_s, waited_s = time.perf_counter(), self.progress.waited_s
        super().train_step(stream)
        self.times = [
            *getattr(self, "times", []),
            (time.perf_counter() - began_s, self.progress.waited_s - waited_s),
        ]


def measure_ours(options: argparse.Namespace, run: Path) -> Timed:
    overrides = [f"data.root={options.dataset.resolve()}", f"policy={options.policy}", f"run.dir={run}"]
    overrides += ["training.epochs=null", f"training.steps={options.steps + options.warm_up}"]
    overrides += [
        f"hardware.threads={options.threads}",
        "checkpoint.export=none",
        "checkpoint.every_epochs=null",
    ]
    overrides += ["training.log_every=1000000", *options.override]
    training = Timed(overrides, resolved(composed(overrides)))
    training.run()
    training.times = training.times[options.warm_up :]
    return training


def ours_figures(training: Timed) -> dict[str, float]:
    return figures([step_s for step_s, _ in training.times], [waited_s for _, waited_s in training.times])


def measure_theirs(
    options: argparse.Namespace, policy_config, batch_size: int, out: Path
) -> dict[str, float]:
    """lerobot_train.train itself with the very same policy configuration, timed around its update step."""
    torch.set_num_threads(options.threads)
    config = TrainPipelineConfig(
        dataset=DatasetConfig(repo_id="local/dataset", root=str(options.dataset.resolve())),
        policy=policy_config,
        output_dir=out,
        seed=42,
        num_workers=options.workers,
        batch_size=batch_size,
        steps=options.steps + options.warm_up,
        log_freq=0,
        save_checkpoint=False,
        eval_freq=0,
    )
    arguments, sys.argv = sys.argv, ["lerobot-train"]
    marks: list[tuple[float, float]] = []
    update = peer.update_policy

    def timed(*args, **kwargs):
        began_s = time.perf_counter()
        result = update(*args, **kwargs)
        marks.append((began_s, time.perf_counter()))
        return result

    peer.update_policy = timed
    try:
        peer.train(config)
    finally:
        peer.update_policy = update
        sys.argv = arguments
    counted = marks[options.warm_up - 1 :]
    pairs = list(pairwise(counted))
    return figures([b[1] - a[1] for a, b in pairs], [b[0] - a[1] for a, b in pairs])


def figures(steps_s: list[float], waits_s: list[float]) -> dict[str, float]:
    """Of the whole steps: the peer waits long once a batch, so that a median of shares would say little."""
    return {"steps_per_s": 1 / statistics.median(steps_s), "data_wait_share": sum(waits_s) / sum(steps_s)}


if __name__ == "__main__":
    main()
