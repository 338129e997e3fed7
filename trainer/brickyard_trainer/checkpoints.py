"""Checkpoints in lerobot's layout, RUN/checkpoints/NNNNNN/{pretrained_model,training_state}, and links.

A checkpoint is written under a temporary name, brought to the disk and renamed, so that a folder with a
number for a name is whole. Beside lerobot's files, training_state/progress.json holds what a resumed run
needs to report on as if it had never stopped, and checkpoint.json what the links are chosen by.

checkpoints/success.json, when something that rolls policies out writes it, is {"NNNNNN": {"episodes": 100,
"successes": 91}, …}; the best of them then gets the link best_success and stays.
"""

import json
import math
import shutil
import time
from pathlib import Path

import torch
from accelerate import Accelerator
from lerobot.configs.default import DatasetConfig
from lerobot.configs.train import TrainPipelineConfig
from lerobot.utils.constants import PRETRAINED_MODEL_DIR, TRAINING_STATE_DIR
from lerobot.utils.train_utils import get_step_identifier, save_checkpoint
from safetensors import SafetensorError

from .durable import link, read_lines, sync_folder, sync_tree, write_json
from .errors import InputError, NegativeResult

PROGRESS = "progress.json"
SUMMARY = "checkpoint.json"
SUCCESS = "success.json"


class CheckpointNotWritten(NegativeResult):
    """The disk is full or gone; older checkpoints are as they were."""


class Cadence:
    """When the next one is due: by epochs, steps or minutes, whichever comes first."""

    def __init__(self, wanted: dict, steps_per_epoch: float) -> None:
        self.every_steps = [wanted["every_steps"]] if wanted["every_steps"] else []
        if wanted["every_epochs"]:
            self.every_steps.append(max(1, round(wanted["every_epochs"] * steps_per_epoch)))
        self.every_s = math.inf if wanted["every_minutes"] is None else wanted["every_minutes"] * 60
        self.restart()

    def restart(self) -> None:
        self.began_s = time.perf_counter()

    def due(self, step: int, accelerator: Accelerator) -> bool:
        by_time = time.perf_counter() - self.began_s > self.every_s
        if accelerator.num_processes > 1:  # clocks differ: the first process decides
            flag = torch.tensor([float(by_time)], device=accelerator.device)
            by_time = bool(accelerator.gather(flag)[0].item())
        return by_time or any(step % steps == 0 for steps in self.every_steps)


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(self, run: Path, total_steps: int, keep_last: int) -> None:
        self.folder = run / "checkpoints"
        self.total_steps = total_steps
        self.keep_last = keep_last

    def path(self, step: int) -> Path:
        return self.folder / get_step_identifier(step, self.total_steps)

    def all(self) -> list[dict]:
        """Summaries of the whole ones, oldest first: {name, step, epoch, loss, validation_loss}."""
        found = []
        for folder in self.folder.iterdir() if self.folder.is_dir() else []:
            if folder.name.isdigit() and not folder.is_symlink() and (folder / SUMMARY).exists():
                found.append({"name": folder.name, **json.loads((folder / SUMMARY).read_text())})
        return sorted(found, key=lambda summary: summary["step"])

    def save(self, *, step: int, parts: dict, progress: dict, summary: dict) -> Path:
        """Writes one; `parts` are lerobot's: cfg, policy, optimizer, scheduler, preprocessor, postprocessor.

        Raises:
            CheckpointNotWritten: no space or no disk.
        """
        final = self.path(step)
        temporary = self.folder / f".{final.name}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
            save_checkpoint(checkpoint_dir=temporary, step=step, **parts)
            write_json(temporary / TRAINING_STATE_DIR / PROGRESS, progress)
            write_json(temporary / SUMMARY, {"step": step, **summary})
            sync_tree(temporary)
            if final.exists():  # of the same step, by a run that was resumed from before it
                shutil.rmtree(final)
            temporary.rename(final)
            sync_folder(self.folder)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(temporary, ignore_errors=True)
            raise CheckpointNotWritten(
                f"the checkpoint of step {step} could not be written to {self.folder} ({reason(error)}); the "
                "older ones are whole: free some space, or lower checkpoint.keep_last"
            ) from None
        self.update_links()
        return final

    def update_links(self, final: bool = False) -> None:
        """`last`, `best`, `best_success` and, at the end of a run, `final`."""
        summaries = self.all()
        if not summaries:
            return
        link(self.folder / "last", summaries[-1]["name"])
        if (best := best_by_loss(summaries)) is not None:
            link(self.folder / "best", best["name"])
        if (name := self.best_by_success(summaries)) is not None:
            link(self.folder / "best_success", name)
        if final:
            link(self.folder / "final", summaries[-1]["name"])

    def best_by_success(self, summaries: list[dict]) -> str | None:
        path = self.folder / SUCCESS
        if not path.exists():
            return None
        try:
            tried = json.loads(path.read_text())
            rates = {
                name: row["successes"] / row["episodes"] for name, row in tried.items() if row["episodes"]
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            return None  # its writer's affair; the training goes on
        here = [summary["name"] for summary in summaries if summary["name"] in rates]
        return max(here, key=lambda name: rates[name], default=None)

    def remove_old(self) -> list[str]:
        """Deletes all but the newest `keep_last` and those that a link names; returns the names."""
        summaries = self.all()
        kept = {summary["name"] for summary in summaries[-self.keep_last :]}
        for entry in self.folder.iterdir():
            if entry.is_symlink():
                kept.add(entry.readlink().name)
        removed = [summary["name"] for summary in summaries if summary["name"] not in kept]
        for name in removed:
            # Renamed first: a crash half way must not leave a folder that looks whole.
            gone = self.folder / f".{name}.old"
            (self.folder / name).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
        return removed

    def sweep(self) -> None:
        """Removes what a killed process left half-written."""
        for entry in self.folder.glob(".*") if self.folder.is_dir() else []:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def best_by_loss(summaries: list[dict]) -> dict | None:
    """By validation loss where one has it, else by the smoothed training loss; the earlier wins a tie."""
    key = "validation_loss" if any(s["validation_loss"] is not None for s in summaries) else "loss"
    return min((s for s in summaries if s[key] is not None), key=lambda s: (s[key], s["step"]), default=None)


def reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.splitlines()[0] if text else type(error).__name__


def newest(run: Path) -> Path:
    """The newest whole checkpoint of a run.

    Raises:
        InputError: there is none.
    """
    summaries = Checkpoints(run, 0, 1).all()
    if not summaries:
        raise InputError(f"{run} has no checkpoint to resume from; start a new run")
    return run / "checkpoints" / summaries[-1]["name"]


def pretrained_folder(path: Path) -> Path:
    """The pretrained_model folder that `path` is or holds.

    Raises:
        InputError: it is neither.
    """
    for folder in (path, path / PRETRAINED_MODEL_DIR, path / "checkpoints" / "last" / PRETRAINED_MODEL_DIR):
        if (folder / "config.json").exists() and (folder / "model.safetensors").exists():
            return folder
    raise InputError(
        f"{path} holds no checkpoint: neither config.json and model.safetensors nor pretrained_model/"
    )


def pipeline_config(
    *, config: dict, policy_config, optimizer_config, scheduler_config, steps: int, output_dir: Path
):
    """train_config.json, with which lerobot-train can go on from the checkpoint."""
    return TrainPipelineConfig(
        dataset=DatasetConfig(repo_id="local/dataset", root=str(config["data"]["root"])),
        policy=policy_config,
        output_dir=output_dir,
        job_name=config["name"],
        seed=config["seed"],
        batch_size=config["training"]["batch_size"],
        steps=steps,
        log_freq=config["training"]["log_every"],
        optimizer=optimizer_config,
        scheduler=scheduler_config,
    )


def logged(run: Path) -> list[dict]:
    return read_lines(run / "metrics.jsonl")
