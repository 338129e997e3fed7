"""Trains a policy: python trainer/train.py data.root=DIR [policy=act_small] [key=value …].

Reads from top to bottom: settings, data, network, loop, checkpoints, hand-over. `--cfg job` prints the
settings, `--help` what can be set. Exit codes: 0 done, 1 failed, 2 bad input, 130 stopped (state kept).
"""

import math
import os
import sys
import time
from contextlib import closing, nullcontext, redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import brickyard_trainer.bound_to_parent  # noqa: F401 - before the imports that take seconds
from brickyard_trainer.freed_memory import keep_freed_memory

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from lerobot.utils.constants import PRETRAINED_MODEL_DIR, TRAINING_STATE_DIR
from lerobot.utils.random_utils import set_seed
from lerobot.utils.train_utils import load_training_state
from omegaconf import OmegaConf

from brickyard_trainer import run_folder
from brickyard_trainer.accumulation import batch_weight
from brickyard_trainer.checkpoints import (
    PROGRESS,
    Cadence,
    CheckpointNotWritten,
    Checkpoints,
    pipeline_config,
    pretrained_folder,
)
from brickyard_trainer.durable import read_json
from brickyard_trainer.errors import Diverged, Interrupted, NegativeResult
from brickyard_trainer.export_step import export_checkpoint
from brickyard_trainer.failures import failure_of, report_failure
from brickyard_trainer.feature_cache import FrozenBackbone
from brickyard_trainer.handover import facts_of, write_handover
from brickyard_trainer.machine import StopSignal, accelerator_for, quiet_libraries
from brickyard_trainer.policies import (
    apply_settings,
    make_optimizer,
    make_policy,
    make_processors,
    policy_config,
)
from brickyard_trainer.prefetch import prefetched
from brickyard_trainer.reports import Progress, Reporter
from brickyard_trainer.resume import Resumed, cut_metrics, record_changes, resumed
from brickyard_trainer.settings import (
    caches_features,
    check_values,
    composed,
    freezes_backbone,
    resolved,
)
from brickyard_trainer.training_data import open_batches, open_training_data
from brickyard_trainer.validation import validation_loss
from brickyard_trainer.wording import setting


def main(arguments: list[str]) -> int:
    quiet_libraries()
    keep_freed_memory()
    try:
        if "--help" in arguments or "-h" in arguments:
            print(__doc__)
            print(OmegaConf.to_yaml(composed([])))
            return 0
        show = [k for k, text in enumerate(arguments) if text in ("--cfg", "-c")]
        overrides = [text for k, text in enumerate(arguments) if k not in show and k - 1 not in show]
        asked = composed(overrides)
        if show:
            print(OmegaConf.to_yaml(asked))
            return 0
        with redirect_stdout(sys.stderr):  # libraries print; stdout is for events alone
            Training(overrides, resolved(asked, allow_missing=asked.resume is not None)).run()
        return 0
    except (Exception, KeyboardInterrupt) as error:
        failure = failure_of(error)
        report_failure(failure)
        if failure.kind == "bug":
            raise
        print(f"error: {failure.message}", file=sys.stderr)
        return failure.exit_code


class Training:
    """One process of a run: `run` calls the other methods in the order in which they stand here."""

    def __init__(self, overrides: list[str], asked: dict) -> None:
        self.resumption: Resumed | None = resumed(overrides, asked) if asked["resume"] is not None else None
        self.config = self.resumption.config if self.resumption else asked
        self.overrides = overrides
        self.failure: NegativeResult | None = None
        check_values(self.config)
        self.settings = self.config["training"]

    def run(self) -> None:
        self.accelerator = accelerator_for(self.config["hardware"])
        self.is_main = self.accelerator.is_main_process
        self.data = open_training_data(self.config)
        self.index = self.data.index
        self.make_network()
        self.open_pictures()
        self.make_optimizer()
        self.open_run()
        try:
            if self.start_step >= self.steps:
                self.reporter.say(f"{self.run_dir} is finished: {self.steps:,} steps")
            else:
                if self.resumption and self.config["checkpoint"]["export"] == "all":
                    self.export_missing()
                self.loop()
            self.finish()
        except (NegativeResult, Interrupted) as error:
            self.reporter.notifier.send({"kind": "failed", "run": str(self.run_dir), "message": str(error)})
            raise
        finally:
            self.reporter.close()
            self.accelerator.end_training()

    def make_network(self) -> None:
        set_seed(self.config["seed"])
        init_from = self.settings["init_from"]
        if self.resumption:  # where it was started from may be gone by now
            source = self.resumption.checkpoint / PRETRAINED_MODEL_DIR
        else:
            source = pretrained_folder(Path(str(init_from)).expanduser()) if init_from else None
        self.policy_config = policy_config(
            self.config, self.index, self.data.cameras, self.accelerator.device.type
        )
        self.policy = make_policy(self.policy_config, source, freezes_backbone(self.config))
        self.preprocessor, self.postprocessor = make_processors(
            self.policy_config, self.index, self.data.cameras, source
        )
        self.parameters = sum(p.numel() for p in self.policy.parameters())
        self.prepared, self.whole = self.preprocessor, nullcontext

    def open_pictures(self) -> None:
        """Frames, or what a frozen backbone makes of them: then it is in checkpoints, not in the network."""
        frozen = None
        if caches_features(self.config):
            frozen = FrozenBackbone(self.policy, self.preprocessor, self.data.cameras)
            self.prepared, self.whole = frozen.prepared, frozen.put_back
        self.batches, self.validation = open_batches(self.data, self.config, self.accelerator, frozen)
        # One step of the optimizer takes so many batches, over all processes.
        self.batches_per_step = self.settings["accumulate"] * self.accelerator.num_processes
        self.steps_per_epoch = self.batches.steps_per_epoch / self.batches_per_step
        self.steps = self.settings["steps"] or math.ceil(self.settings["epochs"] * self.steps_per_epoch)

    def make_optimizer(self) -> None:
        optimizer, self.optimizer_config, self.scheduler, self.scheduler_config = make_optimizer(
            self.policy, self.settings, self.steps
        )
        lrs = [group.get("initial_lr", group["lr"]) for group in optimizer.param_groups]
        self.start_step, self.progress = 0, Progress()
        if self.resumption:
            state = self.resumption.checkpoint
            self.start_step, optimizer, self.scheduler = load_training_state(state, optimizer, self.scheduler)
            apply_settings(optimizer, self.scheduler, self.settings, lrs)
            self.progress = Progress(read_json(state / TRAINING_STATE_DIR / PROGRESS))
        if not self.is_main:  # other processes drop other units
            set_seed(self.config["seed"] + 1000 * self.accelerator.process_index + self.start_step)
        self.policy, self.optimizer = self.accelerator.prepare(self.policy, optimizer)

    def open_run(self) -> None:
        if self.resumption:
            self.run_dir = self.resumption.run
            run_folder.check_same_dataset(self.run_dir, self.index)
        else:
            self.run_dir = run_folder.free_folder(self.config)
            if self.is_main:
                run_folder.make(self.run_dir, self.config, self.overrides, self.index)
            self.accelerator.wait_for_everyone()
        self.facts = run_folder.facts_of(self.run_dir)
        self.checkpoints = Checkpoints(self.run_dir, self.steps, self.config["checkpoint"]["keep_last"])
        if self.is_main:
            self.lock = run_folder.lock(self.run_dir)
            self.checkpoints.sweep()
            if self.resumption:
                cut_metrics(self.run_dir, self.start_step)
                record_changes(self.resumption, self.start_step)
        self.reporter = Reporter(
            self.run_dir, self.steps, self.steps_per_epoch, self.config, main=self.is_main
        )
        self.latest = self.resumption.checkpoint if self.resumption else None
        self.cadence = Cadence(self.config["checkpoint"], self.steps_per_epoch)

    def loop(self) -> None:
        stop = StopSignal(self.reporter.say)
        self.reporter.event(
            "start", run=str(self.run_dir), steps=self.steps, step=self.start_step, parameters=self.parameters
        )
        self.reporter.say(
            f"{self.run_dir}: {self.parameters:,} parameters, {len(self.data.learnt):,} episodes "
            f"({len(self.data.held_out):,} held out), {self.steps:,} steps of {self.settings['batch_size']}"
            + (f", from step {self.start_step:,}" if self.start_step else "")
        )
        began_s = time.perf_counter()
        rank, accumulate = self.accelerator.process_index, self.settings["accumulate"]

        by_kept = getattr(self.accelerator.unwrap_model(self.policy), "loss_over_kept_steps", False)

        def make(number: int) -> dict:
            number = number * self.accelerator.num_processes + rank
            weight = batch_weight(self.batches, number, self.batches_per_step) if by_kept else 1.0
            return {**self.batches.batch(number), "weight": weight}

        bounds = self.start_step * accumulate, self.steps * accumulate
        stream = prefetched(make, *bounds, self.config["hardware"]["prefetch"])
        self.policy.train()
        self.step, self.ended = self.start_step, "finished"
        with closing(stream):
            while self.step < self.steps and stop.number is None:
                if (
                    self.settings["max_minutes"]
                    and time.perf_counter() - began_s > self.settings["max_minutes"] * 60
                ):
                    self.ended = "stopped at training.max_minutes"
                    break
                self.train_step(stream)
                if self.is_main and self.step % self.settings["log_every"] == 0:
                    window = self.progress.take_window()
                    self.reporter.metrics(self.step, window, self.lr, self.grad_norm, self.progress)
                if self.step < self.steps and self.cadence.due(self.step, self.accelerator):
                    self.checkpoint("checkpoint")
                if self.is_main and self.reporter.due():
                    self.report("periodic")
        if stop.number is not None:
            self.checkpoint("interrupted", brief=True)
            raise Interrupted(
                f"interrupted by {stop.name} after step {self.step:,}; the state is kept, "
                f"go on by {setting('resume', self.run_dir)}"
            )

    def train_step(self, stream) -> None:
        began_s = time.perf_counter()
        waited_s, total = 0.0, 0.0
        accumulate = self.settings["accumulate"]
        for part in range(accumulate):
            asked_s = time.perf_counter()
            batch = next(stream)
            waited_s += time.perf_counter() - asked_s
            episodes, weight = batch.pop("episode_index"), batch.pop("weight") / accumulate
            last = part == accumulate - 1
            with nullcontext() if last else self.accelerator.no_sync(self.policy):
                with self.accelerator.autocast():
                    loss, _ = self.policy.forward(self.prepared(batch))
                value = loss.item()
                if not math.isfinite(value):
                    raise self.not_finite(value, episodes)
                self.accelerator.backward(loss * weight)
            total += value * weight
        norm = self.accelerator.clip_grad_norm_(self.policy.parameters(), self.settings["grad_clip_norm"])
        self.grad_norm = float(norm)
        if not math.isfinite(self.grad_norm):
            raise self.not_finite(self.grad_norm, episodes)
        self.lr = self.optimizer.param_groups[0]["lr"]
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.scheduler is not None:
            self.scheduler.step()
        self.step += 1
        self.progress.add(total, waited_s, time.perf_counter() - began_s)

    def not_finite(self, value: float, episodes: torch.Tensor) -> Diverged:
        names = ", ".join(str(number) for number in sorted(set(episodes.tolist())))
        kept = f"the last good checkpoint is {self.latest}" if self.latest else "there was no checkpoint yet"
        return Diverged(
            f"the loss or its gradient is {value} at step {self.step + 1:,}, before the weights took it; "
            f"{kept}. The batch has episodes {names}: run `brickyard dataset validate`, or lower training.lr"
        )

    def checkpoint(self, kind: str, brief: bool = False, final: bool = False) -> None:
        """Weights, state, links, policy folder, report. `brief`: a machine goes away in half a minute."""
        self.accelerator.wait_for_everyone()
        self.cadence.restart()
        if not self.is_main:
            return
        policy = self.accelerator.unwrap_model(self.policy)
        held_out = None
        if not brief:
            count, autocast = self.settings["validation_batches"], self.accelerator.autocast
            held_out = validation_loss(policy, self.prepared, self.validation, count, autocast)
        parts = {
            "cfg": pipeline_config(
                config=self.config,
                policy_config=self.policy_config,
                optimizer_config=self.optimizer_config,
                scheduler_config=self.scheduler_config,
                steps=self.steps,
                output_dir=self.run_dir,
            ),
            "policy": policy,
            "optimizer": self.optimizer.optimizer,
            "scheduler": self.scheduler,
            "preprocessor": self.preprocessor,
            "postprocessor": self.postprocessor,
        }
        summary = {
            "epoch": self.reporter.epoch(self.step),
            "loss": self.progress.smoothed_loss,
            "validation_loss": held_out,
        }
        try:
            with self.whole():
                path = self.checkpoints.save(
                    step=self.step, parts=parts, progress=self.progress.state(), summary=summary
                )
        except CheckpointNotWritten as error:
            if brief or final:
                raise
            self.reporter.warn(str(error))
            return
        self.latest = path
        self.reporter.event("checkpoint", step=self.step, path=str(path))
        if not brief and not final and self.config["checkpoint"]["export"] == "all":
            self.export(path, self.step, summary["loss"])
        self.checkpoints.update_links()
        self.checkpoints.remove_old()
        self.report(kind, validation_loss=held_out)

    def export(self, path: Path, step: int, loss: float | None) -> NegativeResult | None:
        """Why there is no policy folder, when there is none."""
        try:
            parity = export_checkpoint(path, self.index, run_folder.command(), loss)
        except NegativeResult as error:
            self.reporter.warn(str(error))
            return error
        self.reporter.event("exported", step=step, path=str(path / "policy"), parity=parity)
        return None

    def export_missing(self) -> None:
        """What failed, what an interruption left no time for, and the last one; its failure is the run's."""
        wanted, summaries = self.config["checkpoint"]["export"], self.checkpoints.all()
        if not self.is_main or wanted == "none":
            return
        for summary in summaries if wanted == "all" else summaries[-1:]:
            path = self.checkpoints.folder / summary["name"]
            if not (path / "policy").exists():
                failure = self.export(path, summary["step"], summary["loss"])
                self.failure = failure if summary is summaries[-1] else self.failure

    def report(self, kind: str, **more: object) -> None:
        latest = f"checkpoints/{self.latest.name}" if self.latest else None
        lr = self.optimizer.param_groups[0]["lr"]
        self.reporter.report(kind, self.step, self.progress, lr, latest, **more)

    def finish(self) -> None:
        """The last checkpoint, `final`, and the hand-over; a finished run that is resumed gets only these."""
        if self.start_step < self.steps:
            self.checkpoint("end", final=True)
        else:
            self.step, self.ended = self.steps, "finished"
        if not self.is_main:
            return
        self.failure = None
        self.export_missing()
        self.checkpoints.update_links(final=True)
        facts = facts_of(self)
        best = write_handover(self.run_dir, self.checkpoints, facts)["best_checkpoint"]
        self.reporter.event(
            "end",
            run=str(self.run_dir),
            steps=self.step,
            loss_first=facts["loss_first"],
            loss_last=facts["loss_last"],
            best=str(self.run_dir / best) if best else None,
            checkpoint=str(self.latest),
            policy=str(self.latest / "policy") if (self.latest / "policy").is_dir() else None,
        )
        self.reporter.say(f"{self.ended}: {self.run_dir / 'HANDOVER.md'}")
        if self.failure:
            raise self.failure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
