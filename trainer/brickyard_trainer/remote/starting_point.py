"""Where an attempt begins: at the furthest whole checkpoint, be it on this machine's disk or in storage."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ..checkpoint_folder import CheckpointFolder
from ..durable import read_json, sync_folder, write_json
from ..errors import InputError, TrainerError
from .run_paths import RunPaths

RUN_FILES = ("run.json", "config.yaml", "metrics.jsonl", "reports.jsonl", "changes.jsonl")
"""What train.py needs to go on, beside the checkpoint; inside of each published one, so that they fit."""

RUN_PART = "run"
"""Folder of these files in a published checkpoint."""

PLACE = "place.json"
"""In that folder: the checkpoint's name in train.py's own run folder."""

NOT_PUBLISHED = ("policy",)
"""The policy folder is exported again at home: it would make every upload larger, and later."""


def begin_at(paths: RunPaths, storage, resume_step: int | None, say: Callable[[str], None]) -> bool:
    """Puts the run folder in order; returns whether train.py resumes (else it begins).

    Raises:
        InputError: the step is neither here nor in storage.
    """
    here = newest_step(paths.run)
    if resume_step is not None and (here is None or here < resume_step):
        if storage is None:
            raise InputError(f"step {resume_step} is not on this host, and the run has no storage")
        fetch(paths, storage, resume_step)
        say(f"step {resume_step:,} fetched from storage")
        fetch_best(paths, storage, resume_step, say)
        here = resume_step
    if here is not None:
        return True
    if paths.run.exists():  # ended before its first checkpoint
        shutil.rmtree(paths.run)
    return False


def newest_step(run: Path) -> int | None:
    if not all((run / name).exists() for name in RUN_FILES[:2]):
        return None
    summaries = CheckpointFolder(run).all()
    return summaries[-1]["step"] if summaries else None


def fetch(paths: RunPaths, storage, step: int, run_files: bool = True) -> None:
    """Afterwards the checkpoint lies in the run folder as if it had been written there."""
    fetched = paths.folder / f"fetched-{step}"
    storage.fetch(step, fetched)
    extra = fetched / RUN_PART
    name = read_json(extra / PLACE)["name"]
    if not name.isdigit():
        raise InputError(f"the checkpoint of step {step} names its folder {name!r}")
    folder = paths.run / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    for file in RUN_FILES if run_files else ():
        if (extra / file).exists():
            os.replace(extra / file, paths.run / file)
    shutil.rmtree(extra)
    shutil.rmtree(folder / name, ignore_errors=True)
    fetched.rename(folder / name)
    sync_folder(folder)
    CheckpointFolder(paths.run).update_links()


def fetch_best(paths: RunPaths, storage, newest: int, say: Callable[[str], None]) -> None:
    """So that the hand-over's best is the best of the whole run. Without it the training goes on."""
    try:
        best = storage.best_step()
        if best is not None and best != newest:
            fetch(paths, storage, best, run_files=False)
    except (TrainerError, OSError) as error:
        say(f"the best checkpoint could not be fetched: {error}")


def staged(paths: RunPaths, name: str) -> Path:
    """A copy, by hard links, of a checkpoint as it is published; train.py may delete its own meanwhile.

    Raises:
        FileNotFoundError: it has been deleted.
    """
    target = paths.staging / name
    shutil.rmtree(target, ignore_errors=True)
    source = paths.run / "checkpoints" / name
    for parent, folders, files in os.walk(source, onerror=fail):
        inside = Path(parent).relative_to(source)
        if inside == Path("."):
            folders[:] = [one for one in folders if one not in NOT_PUBLISHED and not one.startswith(".")]
        (target / inside).mkdir(parents=True, exist_ok=True)
        for file in files:
            os.link(Path(parent) / file, target / inside / file)
    if not (target / "checkpoint.json").exists():
        raise FileNotFoundError(name)
    extra = target / RUN_PART
    extra.mkdir()
    for file in RUN_FILES:
        if (paths.run / file).exists():
            shutil.copyfile(paths.run / file, extra / file)
    write_json(extra / PLACE, {"name": name})
    return target


def fail(error: OSError) -> None:
    raise error
