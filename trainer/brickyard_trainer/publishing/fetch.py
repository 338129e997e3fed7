"""Brings what storage holds to this host, every file compared with the sha256 that its manifest names."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from ..checkpoint_folder import SUMMARY, CheckpointFolder
from ..durable import sync_folder, sync_tree
from .manifest import CHECKPOINTS, Published, inner_path, manifest_path, published
from .store import Store, StoreError, default_retry, read_bytes

DATASET_MANIFEST = "dataset.manifest.json"
DATASET_FORMAT = 1

Progress = Callable[[int, int], None]
"""Bytes that are here, bytes in all."""


def restore_run(
    store: Store, run: Path, *, step: int | None = None, on_progress: Progress | None = None
) -> int | None:
    """Makes RUN one that `resume=RUN` goes on with: from the newest whole checkpoint, or from that of `step`.

    Returns the step that it goes on from, None when there is none. A run folder that is further than storage,
    as on a disk that outlived its machine, stays as it is. A checkpoint whose bytes are not those of its
    manifest is withdrawn, so that its step can be published again, and the next older one taken.
    """
    local = [summary["step"] for summary in CheckpointFolder(run).all()]
    candidates = [one for one in published(store) if step is None or one.step <= step]
    if local and step is None and max(local) >= max((one.step for one in candidates), default=0):
        return max(local)
    for one in reversed(candidates):
        try:
            bring_checkpoint(store, one, run, on_progress)
        except StoreError as error:
            if error.fault != "damaged":
                raise
            withdraw(store, one)
            continue
        return one.step
    return max(local, default=None) if step is None else None


def bring_checkpoint(store: Store, one: Published, run: Path, on_progress: Progress | None = None) -> None:
    final = run / "checkpoints" / one.folder
    if (final / SUMMARY).exists():
        return
    part = run / "checkpoints" / f".{one.folder}.fetched"
    bring_files(store, f"{CHECKPOINTS}{one.name}/", one.files, part, on_progress)
    for path in (part / "run").iterdir() if (part / "run").is_dir() else []:
        # As it was when the checkpoint was made: what a machine that is gone did later comes again.
        os.replace(path, run / path.name)
    shutil.rmtree(part / "run", ignore_errors=True)
    sync_tree(part)
    part.rename(final)
    sync_folder(final.parent)
    sync_folder(run)
    CheckpointFolder(run).update_links()


def withdraw(store: Store, one: Published) -> None:
    """Its manifest goes: nobody reads it again, and the next publisher writes it anew."""
    info = store.stat(manifest_path(one.name))
    if info is not None:
        store.delete(info.path, if_generation=info.generation)


def fetch_dataset(store: Store, folder: Path, on_progress: Progress | None = None) -> None:
    """A dataset's folder, whole or not there; what an earlier call has brought is not fetched again.

    Raises:
        StoreError: `not-found` for one without a dataset.manifest.json, which is written last.
    """
    files = dataset_files(store)
    if (folder / DATASET_MANIFEST).exists():
        here = json.loads((folder / DATASET_MANIFEST).read_text())
        if here["files"] == files:
            return
        raise StoreError("damaged", f"{folder} holds another dataset than {store.url}: name another folder")
    part = folder.with_name(f"{folder.name}.part-download")
    bring_files(store, "", files, part, on_progress)
    (part / DATASET_MANIFEST).write_bytes(read_bytes(store, DATASET_MANIFEST))
    sync_tree(part)
    part.rename(folder)
    sync_folder(folder.parent)


def dataset_files(store: Store) -> list[dict]:
    try:
        manifest = json.loads(read_bytes(store, DATASET_MANIFEST))
        if manifest["format"] != DATASET_FORMAT:
            raise ValueError
        return [
            {"path": inner_path(file["path"]), "bytes": int(file["bytes"]), "sha256": file["sha256"]}
            for file in manifest["files"]
        ]
    except StoreError as error:
        if error.fault != "not-found":
            raise
        raise StoreError(
            "not-found", f"{store.url} holds no whole dataset: it has no {DATASET_MANIFEST}; upload it again"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise StoreError(
            "damaged", f"{store.url}/{DATASET_MANIFEST} is no manifest: upload it again"
        ) from None


def bring_files(
    store: Store, prefix: str, files: list[dict], part: Path, on_progress: Progress | None
) -> None:
    """Into the folder `part`, which then has these files and no others."""
    total, done = sum(file["bytes"] for file in files), 0
    for file in files:
        path = part / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if not is_whole(path, file):
            bring_file(store, f"{prefix}{file['path']}", path, file)
        done += file["bytes"]
        if on_progress:
            on_progress(done, total)
    remove_others(part, {file["path"] for file in files})


def bring_file(store: Store, source: str, path: Path, facts: dict) -> None:
    part = path.with_name(f".{facts['sha256'][:16]}.part")
    for attempt in (1, 2):  # the way may have damaged it once; what is damaged in storage stays so
        try:
            fill(store, source, part, facts["bytes"])
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreError("full", f"{path} cannot be written: no space left on this machine") from None
            raise
        if is_whole(part, facts):
            os.replace(part, path)
            return
        part.unlink(missing_ok=True)
        if attempt == 2:
            raise StoreError("damaged", f"{store.url}/{source} has other bytes than its manifest says")


def fill(store: Store, source: str, part: Path, size: int) -> None:
    """Brings `part` to its full length, across broken connections."""

    def go_on(_: int) -> None:
        have = part.stat().st_size if part.exists() else 0
        if have > size:
            part.unlink()
            have = 0
        if have == size > 0:
            return
        with open(part, "ab") as file:
            for chunk in bounded(store.read(source, have), size - have + 1):
                file.write(chunk)

    default_retry().call(go_on)


def bounded(chunks: Iterable[bytes], most: int) -> Iterable[bytes]:
    """An object that is longer than it may be is damaged, and no reason to fill the disk."""
    for chunk in chunks:
        yield chunk[:most]
        most -= len(chunk)
        if most <= 0:
            return


def is_whole(path: Path, facts: dict) -> bool:
    if not path.is_file() or path.stat().st_size != facts["bytes"]:
        return False
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == facts["sha256"]


def remove_others(part: Path, wanted: set[str]) -> None:
    for path in part.rglob("*"):
        if path.is_file() and path.relative_to(part).as_posix() not in wanted:
            path.unlink()
