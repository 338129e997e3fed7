"""What a training says while it runs: metrics, reports, events for what started it, and lines to read."""

import math
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import torch

from . import events
from .durable import append_line
from .notify import Notifier

METRICS = "metrics.jsonl"
REPORTS = "reports.jsonl"
SMOOTHING = 0.99
"""Of the loss by which checkpoints are compared: about the mean of the last hundred steps."""


class Progress:
    """Loss and time. Losses are saved with a checkpoint, so that a resumed run logs the same numbers."""

    def __init__(self, saved: dict | None = None) -> None:
        saved = saved or {}
        self.loss_first: float | None = saved.get("loss_first")
        self.window: list[float] = saved.get("window", [])
        self.average: float = saved.get("average", 0.0)
        self.averaged: int = saved.get("averaged", 0)
        self.earlier_s: float = saved.get("elapsed_s", 0.0)
        self.started_s = time.perf_counter()
        self.steps_here = 0
        self.waited_s = 0.0
        self.busy_s = 0.0

    def state(self) -> dict:
        return {
            "loss_first": self.loss_first,
            "window": self.window,
            "average": self.average,
            "averaged": self.averaged,
            "elapsed_s": self.elapsed_s,
        }

    @property
    def elapsed_s(self) -> float:
        """Of all of the run's processes."""
        return self.earlier_s + time.perf_counter() - self.started_s

    @property
    def smoothed_loss(self) -> float | None:
        return self.average / (1 - SMOOTHING**self.averaged) if self.averaged else None

    @property
    def steps_per_s(self) -> float:
        """While stepping: checkpoints and exports are not in it, so that it compares with other trainers."""
        return self.steps_here / self.busy_s if self.busy_s else 0.0

    @property
    def data_wait_share(self) -> float:
        return self.waited_s / self.busy_s if self.busy_s else 0.0

    def add(self, loss: float, waited_s: float, step_s: float) -> None:
        if self.loss_first is None:
            self.loss_first = loss
        self.window.append(loss)
        self.average = SMOOTHING * self.average + (1 - SMOOTHING) * loss
        self.averaged += 1
        self.steps_here += 1
        if self.steps_here == 1:
            return  # the first step pays for warming up
        self.waited_s += waited_s
        self.busy_s += step_s
        if self.steps_here == 2:
            self.busy_s *= 2  # in place of the first
            self.waited_s *= 2

    def take_window(self) -> float:
        mean = math.fsum(self.window) / len(self.window)
        self.window = []
        return mean


class Reporter:
    """Writes for the main process; those of the others only count."""

    def __init__(
        self, run: Path, steps: int, steps_per_epoch: float, config: dict, main: bool = True
    ) -> None:
        self.run = run
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch
        self.every_s = (config["report"]["every_minutes"] or math.inf) * 60
        self.main = main
        self.notifier = Notifier(config["notify"] if main else None)
        self.events = main and events.wanted()
        self.wandb = start_wandb(config, run) if main else None
        self.last_report_s = time.perf_counter()

    def event(self, name: str, **fields: object) -> None:
        if self.events:
            events.emit(name, **fields)

    def say(self, text: str) -> None:
        if self.main:
            print(text, file=sys.stderr, flush=True)

    def metrics(self, step: int, loss: float, lr: float, grad_norm: float, progress: Progress) -> None:
        """A row each `log_every` steps. Fields that clocks decide come last; the others repeat on resume."""
        eta_s = self.eta_s(step, progress)
        row = {
            "step": step,
            "epoch": self.epoch(step),
            "loss": loss,
            "lr": lr,
            "grad_norm": grad_norm,
            "steps_per_s": round(progress.steps_per_s, 4),
            "data_wait_share": round(progress.data_wait_share, 5),
            "gpu_memory_bytes": gpu_memory_bytes(),
            "elapsed_s": round(progress.elapsed_s, 3),
        }
        append_line(self.run / METRICS, row)
        if self.wandb:
            self.wandb.log({f"train/{key}": value for key, value in row.items() if key != "step"}, step=step)
        self.event(
            "step",
            step=step,
            steps=self.steps,
            epoch=row["epoch"],
            loss=loss,
            lr=lr,
            steps_per_s=row["steps_per_s"],
            eta_s=eta_s,
        )
        self.say(
            f"step {step:,} of {self.steps:,}  epoch {row['epoch']:.2f}  loss {loss:.4f}  lr {lr:.2e}  "
            f"{progress.steps_per_s:.2f} steps/s  waiting {progress.data_wait_share:.1%}  "
            f"{duration(eta_s)} left"
        )

    def due(self) -> bool:
        return time.perf_counter() - self.last_report_s >= self.every_s

    def report(
        self, kind: str, step: int, progress: Progress, lr: float, checkpoint: str | None, **more: object
    ) -> None:
        """What somebody far away wants to know: to the file, the console, `notify`, W&B and as an event."""
        self.last_report_s = time.perf_counter()
        report = {
            "kind": kind,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "run": str(self.run),
            "epoch": self.epoch(step),
            "step": step,
            "steps": self.steps,
            "loss_first": progress.loss_first,
            "loss": progress.smoothed_loss,
            "lr": lr,
            "gpu_memory_bytes": gpu_memory_bytes(),
            "steps_per_s": round(progress.steps_per_s, 4),
            "data_wait_share": round(progress.data_wait_share, 5),
            "elapsed_s": round(progress.elapsed_s, 1),
            "eta_s": self.eta_s(step, progress),
            "latest_checkpoint": checkpoint,
            **more,
        }
        append_line(self.run / REPORTS, report)
        self.notifier.send(report)
        self.event("report", **report)
        if self.wandb:
            numbers = {
                f"report/{k}": v for k, v in report.items() if isinstance(v, int | float) and k != "step"
            }
            self.wandb.log(numbers, step=step)
        memory = report["gpu_memory_bytes"]
        self.say(
            f"[{kind}] step {step:,} of {self.steps:,}, epoch {report['epoch']:.1f}, "
            f"loss {number(report['loss_first'])} -> {number(report['loss'])}, lr {lr:.2e}, "
            f"GPU memory {f'{memory / 2**30:.1f} GiB' if memory else 'none'}, "
            f"{duration(report['eta_s'])} left, "
            f"latest checkpoint {checkpoint or 'none yet'}, waiting for data {progress.data_wait_share:.1%}"
            + "".join(
                f", {key.replace('_', ' ')} {value}" for key, value in more.items() if value is not None
            )
        )

    def warn(self, text: str) -> None:
        self.say(f"warning: {text}")
        self.notifier.send({"kind": "warning", "run": str(self.run), "message": text})

    def epoch(self, step: int) -> float:
        return round(step / self.steps_per_epoch, 4)

    def eta_s(self, step: int, progress: Progress) -> float | None:
        rate = progress.steps_per_s
        return round((self.steps - step) / rate, 1) if rate else None

    def close(self) -> None:
        self.notifier.close()
        if self.wandb:
            self.wandb.finish(quiet=True)


def start_wandb(config: dict, run: Path):
    """A W&B run whose files are in the run folder; None when it is not enabled or cannot start."""
    wanted = config["wandb"]
    if not wanted["enable"]:
        return None
    import wandb

    try:
        return wandb.init(
            project=wanted["project"],
            entity=wanted["entity"],
            mode=wanted["mode"],
            name=config["name"],
            dir=str(run),
            config=config,
            settings=wandb.Settings(console="off", silent=True),
        )
    except Exception as error:
        print(f"warning: W&B did not start: {error}", file=sys.stderr, flush=True)
        return None


def gpu_memory_bytes() -> int | None:
    """The most that tensors took so far."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None


def number(value: float | None) -> str:
    return "?" if value is None else f"{value:.4f}"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
