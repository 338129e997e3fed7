"""Brings what storage holds to this host, every file compared with the digest that is known of it."""

import errno
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from ..durable import sync_folder, sync_tree
from .manifest import inner_path
from .store import Store, StoreError, default_retry, digest_of, read_bytes

DATASET_MANIFEST = "dataset.manifest.json"
DATASET_FORMAT = 1
DATASET_INFO = "meta/info.json"
"""What makes a folder a dataset; also of others' datasets."""

REPOSITORY_FILES = (".gitattributes", ".gitignore", "README.md")

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
        StoreError: `not-found` when there is no whole dataset, `damaged` where the folder holds another.
    """
    files = dataset_files(store)
    if not folder.exists():
        bring_folder(store, "", files, folder, on_progress)
    elif not all(is_whole(folder / file["path"], file) for file in files):
        raise StoreError("damaged", f"{folder} holds another dataset than {store.url}: name another folder")


def dataset_files(store: Store) -> list[dict]:
    """{path, bytes, digest} each. On the Hub, whose commits are whole, others' datasets need no manifest.

    Raises:
        StoreError: `not-found` when there is no whole dataset.
    """
    try:
        manifest = json.loads(read_bytes(store, DATASET_MANIFEST))
        if manifest["format"] != DATASET_FORMAT:
            raise ValueError
        return [
            facts(file["path"], int(file["bytes"]), f"sha256:{file['sha256']}") for file in manifest["files"]
        ]
    except StoreError as error:
        if error.fault != "not-found":
            raise
    except (ValueError, KeyError, TypeError):
        raise StoreError(
            "damaged", f"{store.url}/{DATASET_MANIFEST} is no manifest: upload it again"
        ) from None
    if store.url.startswith("hf://"):
        objects = [info for info in store.list("") if info.path not in REPOSITORY_FILES]
        if any(info.path == DATASET_INFO for info in objects):
            return [facts(info.path, info.bytes, str(info.digest)) for info in objects]
    raise StoreError(
        "not-found", f"{store.url} holds no whole dataset: it has no {DATASET_MANIFEST}; upload it again"
    )


def facts(path: str, size: int, digest: str) -> dict:
    return {"path": inner_path(path), "bytes": size, "digest": digest}


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
    part = path.with_name(f".{facts['digest'].partition(':')[2][:16]}.part")
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
    kind, _, expected = facts["digest"].partition(":")
    return digest_of(kind, path) == expected


def remove_others(part: Path, wanted: set[str]) -> None:
    for path in part.rglob("*"):
        if path.is_file() and path.relative_to(part).as_posix() not in wanted:
            path.unlink()
