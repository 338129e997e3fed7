"""Brings a run's checkpoints into storage, as soon as they are whole and while the training goes on.

The order is what makes a crash harmless: files, then the manifest (create-only), then best.json, then what is
too old goes, each with its manifest first. All of it follows from what is there, so that it can be repeated.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from ..checkpoint_folder import SUMMARY, CheckpointFolder, best_by_loss
from ..durable import read_json
from .manifest import (
    BEST_POINTER,
    CHECKPOINTS,
    Published,
    best_of,
    made_of,
    manifest_path,
    name_of,
    published,
)
from .store import Store, StoreError, has_bytes_of, read_bytes

KEEP_LAST = 3

PARTS = ("pretrained_model", "training_state", SUMMARY)
"""Of a checkpoint's folder; its policy is exported where it is rolled out."""

STATE = ("run.json", "config.yaml", "metrics.jsonl", "reports.jsonl", "changes.jsonl")
"""Of the run's folder, into each checkpoint's run/: a run goes on from it where there is nothing else."""

OUTPUTS = ("loss_curve.png", "handover.json", "HANDOVER.md", *STATE)

STAGE = ".publishing"


@dataclass(frozen=True)
class Report:
    newest_step: int | None
    """Of what storage holds in full now."""
    uploaded: list[str]
    removed: list[str]


def publish_run(
    store: Store,
    run: Path,
    run_id: str,
    *,
    keep_last: int = KEEP_LAST,
    on_sent: Callable[[int], None] | None = None,
) -> Report:
    """All whole checkpoints of RUN/checkpoints that would stay; `store` is at <out>/<run id>.

    Raises:
        StoreError: what was published by then stays, and the next call goes on.
    """
    there = published(store)
    uploaded = []
    for summary in wanted(CheckpointFolder(run).all(), there, keep_last):
        name = publish_checkpoint(store, run, run_id, summary, on_sent=on_sent)
        if name is not None:
            uploaded.append(name)
    there = published(store)
    point_to_best(store, there)
    removed = remove_old(store, there, keep_last)
    return Report(max((one.step for one in there), default=None), uploaded, removed)


def wanted(summaries: list[dict], there: list[Published], keep_last: int) -> list[dict]:
    """The newest ones and the best, less those that are there; those that a resume left behind stay away."""
    kept = summaries[-keep_last:]
    best = best_by_loss(summaries)
    if best is not None and best not in kept and better_than_all(best, there):
        kept = [best, *kept]
    steps = {one.step for one in there}
    return [summary for summary in kept if summary["step"] not in steps]


def better_than_all(summary: dict, there: list[Published]) -> bool:
    best = best_of(there)
    if best is None:
        return True
    key = "validation_loss" if best.validation_loss is not None else "loss"
    return summary[key] is not None and summary[key] < getattr(best, key)


def publish_checkpoint(
    store: Store, run: Path, run_id: str, summary: dict, *, on_sent: Callable[[int], None] | None = None
) -> str | None:
    """Its name in storage; None when the training removed it meanwhile."""
    every_epochs = yaml.safe_load((run / "config.yaml").read_text())["checkpoint"]["every_epochs"]
    name = name_of(summary["step"], summary.get("epoch"), every_epochs)
    stage = run / STAGE / summary["name"]
    if not staged(run, summary["name"], stage):
        return None
    manifest = made_of(stage, run=run_id, name=name, local=summary["name"], summary=summary)
    folder = f"{CHECKPOINTS}{name}/"
    objects = {info.path: info for info in store.list(folder)}
    if manifest_path(name) in objects:  # of this step: by whoever was here first
        shutil.rmtree(stage)
        return name
    entries: list[tuple[str, bytes | Path]] = []
    for file in manifest["files"]:
        info = objects.get(f"{folder}{file['path']}")
        if info is None or not has_bytes_of(store, info, stage / file["path"]):
            entries.append((f"{folder}{file['path']}", stage / file["path"]))
    stale = objects.keys() - {f"{folder}{file['path']}" for file in manifest["files"]}
    store.delete_all(sorted(stale))
    entries.append((manifest_path(name), json.dumps(manifest, indent=1).encode()))
    try:
        store.write_all(entries, if_absent=True, on_sent=on_sent)
    except StoreError as error:
        if error.fault != "conflict" or store.stat(manifest_path(name)) is None:
            raise
    shutil.rmtree(stage)
    return name


def staged(run: Path, local: str, stage: Path) -> bool:
    """Whether the folder `stage` now has what is published: links, for the training deletes its own."""
    source = run / "checkpoints" / local
    shutil.rmtree(stage, ignore_errors=True)
    temporary = stage.with_name(f"{stage.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        for part in PARTS:
            if (source / part).is_dir():
                shutil.copytree(source / part, temporary / part, copy_function=linked)
            else:
                linked(source / part, temporary / part)
    except (FileNotFoundError, shutil.Error):
        shutil.rmtree(temporary, ignore_errors=True)
        return False
    for file in STATE:
        if (run / file).exists():  # these grow: a copy
            (temporary / "run").mkdir(exist_ok=True)
            shutil.copyfile(run / file, temporary / "run" / file)
    temporary.rename(stage)
    return True


def linked(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def point_to_best(store: Store, there: list[Published]) -> None:
    best = best_of(there)
    if best is None:
        return
    content = json.dumps(
        {"name": best.name, "step": best.step, "loss": best.loss, "validation_loss": best.validation_loss}
    ).encode()
    info = store.stat(BEST_POINTER)
    if info is None:
        store.write(BEST_POINTER, content, if_absent=True)
    elif read_bytes(store, BEST_POINTER) != content:
        store.write(BEST_POINTER, content, if_generation=info.generation)


def remove_old(store: Store, there: list[Published], keep_last: int = KEEP_LAST) -> list[str]:
    """All but the last ones and the best, and what an upload or a removal that was broken off has left."""
    kept = {one.name for one in there[-keep_last:]}
    if (best := best_of(there)) is not None:
        kept.add(best.name)
    removed = []
    paths = [info.path for info in store.list(CHECKPOINTS)]
    whole = {one.name for one in there}
    for name in sorted({path.split("/")[1] for path in paths}):
        # One without a manifest may be on its way up, but not while this, its only publisher, does this.
        if name in kept:
            continue
        inside = [path for path in paths if path.startswith(f"{CHECKPOINTS}{name}/")]
        store.delete_all(sorted(inside, key=lambda path: path != manifest_path(name)))
        if name in whole:
            removed.append(name)
    return removed


def publish_outputs(store: Store, run: Path) -> list[str]:
    """Curves, reports and hand-over, at the run's own prefix; those that have changed."""
    there = {info.path: info for info in store.list("")}
    changed: list[tuple[str, bytes | Path]] = []
    for name in OUTPUTS:
        if not (run / name).is_file():
            continue
        content = (run / name).read_bytes()  # it may grow while it is sent
        if name not in there or not has_bytes_of(store, there[name], content):
            changed.append((name, content))
    if changed:
        store.write_all(changed)
    return [name for name, _ in changed]


def summary_of(folder: Path) -> dict:
    """A checkpoint's checkpoint.json."""
    return read_json(folder / SUMMARY)
