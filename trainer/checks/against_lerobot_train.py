"""Steps per second of train.py against lerobot's own training loop, on the identical network.

    brickyard gen --episodes 30 --scenarios one-brick --size 96x64 --out DATASET
    python trainer/checks/against_lerobot_train.py DATASET [--steps 40] [--policy act_small] [--threads 1]

Same configuration, batch, threads and device; with a dataset at the network's size also the same pictures.
lerobot-train decodes its frames from videos in every step, train.py takes them from the cache, whose making
is not in the figure. The two take turns, step by step, so that whatever else the machine does hits both.
Neither makes batches ahead: what a batch costs is in its step. Beside the wall clock stands the processor's
time, which a loaded machine changes little. The last line is JSON with medians after the warm-up.
"""

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Step:
    wall_s: float
    cpu_s: float
    wait_s: float
    """Until the batch was there."""


class Turns:
    """Lets one of two threads run at a time; a step lasts from the beginning of a turn to `pass_on`."""

    def __init__(self, names: tuple[str, str]) -> None:
        self.names = names
        self.owner = names[0]
        self.ended: set[str] = set()
        self.changed = threading.Condition()
        self.steps: dict[str, list[Step]] = {name: [] for name in names}
        self.began: dict[str, tuple[float, float]] = {}

    def wait_for(self, name: str) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.owner == name)
        self.began[name] = time.perf_counter(), time.process_time()

    def pass_on(self, name: str, wait_s: float) -> None:
        wall_s, cpu_s = self.began[name]
        self.steps[name].append(Step(time.perf_counter() - wall_s, time.process_time() - cpu_s, wait_s))
        self.hand_over(name)
        self.wait_for(name)

    def end(self, name: str) -> None:
        self.ended.add(name)
        self.hand_over(name)

    def hand_over(self, name: str) -> None:
        other = self.names[1 - self.names.index(name)]
        with self.changed:
            self.owner = name if other in self.ended else other
            self.changed.notify_all()


OURS, THEIRS = "ours", "lerobot"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--steps", type=int, default=40, help="that are counted (default 40)")
    parser.add_argument("--warm-up", type=int, default=8, help="steps before those (default 8)")
    parser.add_argument("--policy", default="act_small", help="act_small or act")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch (default 1)")
    parser.add_argument(
        "--override", action="append", default=[], help="of train.py, e.g. policy.dim_model=64"
    )
    print(json.dumps(compared(parser.parse_args())))


def compared(options: argparse.Namespace) -> dict:
    quiet_libraries()
    turns = Turns((OURS, THEIRS))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        ours = Timed(overrides(options, Path(folder) / "ours"), turns)
        thread = threading.Thread(target=run_theirs, args=(options, ours, turns, Path(folder) / "theirs"))
        thread.start()
        turns.wait_for(OURS)
        try:
            ours.run()
        finally:
            turns.end(OURS)
            thread.join()
    pairs = list(zip(turns.steps[OURS], turns.steps[THEIRS], strict=True))[options.warm_up :]
    return {
        "policy": options.policy,
        "batch_size": ours.settings["batch_size"],
        "threads": options.threads,
        "steps": options.steps,
        "ours": figures([mine for mine, _ in pairs]),
        "lerobot": figures([theirs for _, theirs in pairs]),
        "ratio_wall": round(statistics.median(b.wall_s / a.wall_s for a, b in pairs), 3),
        "ratio_cpu": round(statistics.median(b.cpu_s / a.cpu_s for a, b in pairs), 3),
    }


def figures(steps: list[Step]) -> dict[str, float]:
    """The share is of the whole time: the peer waits long once a batch."""
    wall_s = statistics.median(step.wall_s for step in steps)
    return {
        "steps_per_s": round(1 / wall_s, 3),
        "step_s": round(wall_s, 4),
        "step_cpu_s": round(statistics.median(step.cpu_s for step in steps), 4),
        "data_wait_share": round(sum(s.wait_s for s in steps) / sum(s.wall_s for s in steps), 5),
    }


class Timed(train.Training):
    def __init__(self, arguments: list[str], turns: Turns) -> None:
        super().__init__(arguments, resolved(composed(arguments)))
        self.turns = turns

    def train_step(self, stream) -> None:
        before_s = self.progress.waited_s
        super().train_step(stream)
        self.turns.pass_on(OURS, self.progress.waited_s - before_s)


def overrides(options: argparse.Namespace, run: Path) -> list[str]:
    return [
        f"data.root={options.dataset.resolve()}",
        f"policy={options.policy}",
        f"run.dir={run}",
        "training.epochs=null",
        f"training.steps={options.steps + options.warm_up}",
        f"hardware.threads={options.threads}",
        "hardware.prefetch=0",
        "checkpoint.export=none",
        "checkpoint.every_epochs=null",
        "checkpoint.every_minutes=null",
        "training.log_every=1000000",
        *options.override,
    ]


def run_theirs(options: argparse.Namespace, ours: Timed, turns: Turns, out: Path) -> None:
    """lerobot_train.train itself with the very same policy configuration, in turns by its update step."""
    turns.wait_for(THEIRS)
    torch.set_num_threads(options.threads)
    config = TrainPipelineConfig(
        dataset=DatasetConfig(repo_id="local/dataset", root=str(options.dataset.resolve())),
        policy=ours.policy_config,
        output_dir=out,
        seed=42,
        num_workers=0,
        batch_size=ours.settings["batch_size"],
        steps=options.steps + options.warm_up,
        log_freq=0,
        save_checkpoint=False,
        eval_freq=0,
    )
    arguments, sys.argv = sys.argv, ["lerobot-train"]
    update = peer.update_policy

    def timed(*args, **kwargs):
        wait_s = time.perf_counter() - turns.began[THEIRS][0]
        result = update(*args, **kwargs)
        turns.pass_on(THEIRS, wait_s)
        return result

    peer.update_policy = timed
    try:
        peer.train(config)
    finally:
        peer.update_policy = update
        sys.argv = arguments
        turns.end(THEIRS)


if __name__ == "__main__":
    main()
