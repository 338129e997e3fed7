"""Checkpoints in lerobot's layout, RUN/checkpoints/NNNNNN/{pretrained_model,training_state}.

A checkpoint is written under a temporary name, brought to the disk and renamed, so that a folder with a
number for a name is whole. Beside lerobot's files, training_state/progress.json holds what a resumed run
needs to report on as if it had never stopped, and checkpoint.json what the links are chosen by.
"""

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

from .checkpoint_folder import SUMMARY, CheckpointFolder
from .durable import sync_folder, sync_tree, write_json
from .errors import InputError, NegativeResult

PROGRESS = "progress.json"


class CheckpointNotWritten(NegativeResult):
    """The disk is full or gone; older checkpoints are as they were."""

    kind = "disk-full"


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


class Checkpoints(CheckpointFolder):
    """Those that a training writes."""

    def __init__(self, run: Path, total_steps: int, keep_last: int) -> None:
        super().__init__(run, keep_last)
        self.total_steps = total_steps

    def path(self, step: int) -> Path:
        return self.folder / get_step_identifier(step, self.total_steps)

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


def reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.splitlines()[0] if text else type(error).__name__


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
