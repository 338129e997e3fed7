"""Brings what storage holds to this host, every file compared with the sha256 that its manifest names."""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from ..durable import sync_folder, sync_tree
from .manifest import inner_path
from .store import Store, StoreError, default_retry, read_bytes

DATASET_MANIFEST = "dataset.manifest.json"
DATASET_FORMAT = 1

Progress = Callable[[int, int], None]
"""Bytes that are here, bytes in all."""


def bring_folder(
    store: Store, prefix: str, files: list[dict], folder: Path, on_progress: Progress | None = None
) -> None:
    """`folder` appears whole, or not at all; what an earlier call has brought is not fetched again."""
    part = folder.with_name(f"{folder.name}.part-download")
    bring_files(store, prefix, files, part, on_progress)
    sync_tree(part)
    part.rename(folder)
    sync_folder(folder.parent)


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
