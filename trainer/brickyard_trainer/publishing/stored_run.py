"""What storage holds of one run, and how its host brings checkpoints there while the training goes on.

The order is what makes a crash harmless: files, then the manifest (create-only), then best.json, then what is
too old goes, each with its manifest first. All of it follows from what is there, so that it can be repeated.
"""

import json
from collections.abc import Callable
from pathlib import Path

import yaml

from .fetch import bring_folder, facts
from .manifest import (
    BEST_POINTER,
    CHECKPOINTS,
    MANIFEST,
    Published,
    best_of,
    made_of,
    manifest_path,
    name_of,
    published,
)
from .store import Store, StoreError, has_bytes_of, read_bytes

KEEP_LAST = 3


class StoredRun:
    """Below `<out>/<run id>`. Every method may raise StoreError, and may be repeated."""

    def __init__(self, store: Store, run_id: str, keep_last: int = KEEP_LAST) -> None:
        self.store, self.run_id, self.keep_last = store, run_id, keep_last
        self.on_sent: Callable[[int], None] | None = None
        """Is told of bytes that went out, those that are sent again included."""
        self.known: dict[tuple[str, str], Published] = {}

    def published(self) -> list[Published]:
        return published(self.store, self.known)

    def steps(self) -> list[int]:
        """Of the checkpoints that are there in full."""
        return [one.step for one in self.published()]

    def best_step(self) -> int | None:
        best = best_of(self.published())
        return None if best is None else best.step

    def publish(self, folder: Path, summary: dict) -> None:
        """A checkpoint's folder, which does not change any more; then what is too old goes.

        `summary` is its checkpoint.json; folder/run/config.yaml says whether it lies on a schedule of epochs.
        """
        name = name_of(summary["step"], summary.get("epoch"), every_epochs_of(folder))
        manifest = made_of(folder, run=self.run_id, name=name, summary=summary)
        inside = f"{CHECKPOINTS}{name}/"
        objects = {info.path: info for info in self.store.list(inside)}
        # One of this step that is there in full stays as it is, whoever made it.
        if manifest_path(name) not in objects:
            wanted = {f"{inside}{file['path']}": folder / file["path"] for file in manifest["files"]}
            self.store.delete_all(sorted(objects.keys() - wanted.keys()))
            entries: list[tuple[str, bytes | Path]] = [
                (path, file)
                for path, file in wanted.items()
                if path not in objects or not has_bytes_of(self.store, objects[path], file)
            ]
            entries.append((manifest_path(name), json.dumps(manifest, indent=1).encode()))
            self.write_create_only(entries)
        there = self.published()
        point_to_best(self.store, there)
        remove_old(self.store, there, self.keep_last)

    def write_create_only(self, entries: list[tuple[str, bytes | Path]]) -> None:
        try:
            self.store.write_all(entries, if_absent=True, on_sent=self.on_sent)
        except StoreError as error:
            manifest, _ = entries[-1]
            if error.fault != "conflict" or self.store.stat(manifest) is None:
                raise

    def fetch(self, step: int, into: Path) -> None:
        """Downloads and compares with the manifest; `into` appears whole or not at all.

        Raises:
            StoreError: `damaged`, and the checkpoint is no longer there: its step can be published again.
        """
        found = [one for one in self.published() if one.step == step]
        if not found:
            raise StoreError("not-found", f"{self.store.url} has no whole checkpoint of step {step}")
        try:
            bring_folder(
                self.store,
                f"{CHECKPOINTS}{found[0].name}/",
                [facts(file["path"], file["bytes"], f"sha256:{file['sha256']}") for file in found[0].files],
                into,
            )
        except StoreError as error:
            if error.fault == "damaged":
                withdraw(self.store, found[0])
            raise

    @property
    def small_files_every_s(self) -> float:
        """How often `put_all` may be called: the Hub takes 128 commits an hour of a repository."""
        return 900.0 if self.store.url.startswith("hf://") else 60.0

    def put_all(self, files: dict[str, Path]) -> None:
        """The run's small files by name, such as loss_curve.png; replaced where they are others."""
        changed: list[tuple[str, bytes | Path]] = []
        for name, path in files.items():
            content = path.read_bytes()  # it may grow while it is sent
            info = self.store.stat(name)
            if info is None or not has_bytes_of(self.store, info, content):
                changed.append((name, content))
        if changed:
            self.store.write_all(changed)


def every_epochs_of(folder: Path) -> float | None:
    config = folder / "run" / "config.yaml"
    if not config.exists():
        return None
    return yaml.safe_load(config.read_text())["checkpoint"]["every_epochs"]


def withdraw(store: Store, one: Published) -> None:
    """Its manifest goes: nobody reads it again, and the next publisher writes it anew."""
    info = store.stat(manifest_path(one.name))
    if info is not None:
        store.delete(info.path, if_generation=info.generation)


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
    paths = [info.path for info in store.list(CHECKPOINTS)]
    # One without a manifest may be on its way up, but not while this, its only publisher, does this.
    going = [path for path in paths if path.split("/")[1] not in kept]
    # Manifests first: what is no longer whole is no longer there.
    store.delete_all(sorted(going, key=lambda path: (not path.endswith(f"/{MANIFEST}"), path)))
    return [one.name for one in there if one.name not in kept]
