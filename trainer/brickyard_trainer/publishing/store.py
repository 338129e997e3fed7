"""Storage as the rest sees it: objects by path below one URL (object-store.ts is its twin)."""

import hashlib
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from ..errors import InputError, TrainerError

T = TypeVar("T")

Source = bytes | Path
"""Bytes at hand, or a file that does not change while it is sent."""


class StoreError(TrainerError):
    """`fault`: permission, credentials, not-found, conflict, transient, damaged or full, as in ports.ts."""

    def __init__(self, fault: str, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.fault = fault
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class ObjectInfo:
    path: str
    """Relative to the store's URL."""
    bytes: int
    generation: str
    """Changes with every write."""
    digest: str | None
    """md5:HEX, sha256:HEX or git:HEX; None where the store keeps none."""


class Store(Protocol):
    """All methods raise StoreError and have tried transient faults again themselves."""

    url: str

    def list(self, prefix: str) -> list[ObjectInfo]: ...

    def stat(self, path: str) -> ObjectInfo | None: ...

    def read(self, path: str, from_byte: int = 0) -> Iterator[bytes]:
        """Raises StoreError while it goes, when the connection breaks: go on with `from_byte`."""
        ...

    def write(
        self,
        path: str,
        source: Source,
        *,
        if_absent: bool = False,
        if_generation: str | None = None,
        on_sent: Callable[[int], None] | None = None,
    ) -> ObjectInfo: ...

    def write_all(
        self,
        entries: Sequence[tuple[str, Source]],
        *,
        if_absent: bool = False,
        on_sent: Callable[[int], None] | None = None,
    ) -> None:
        """In this order, in one commit where the store has commits; `if_absent` is about the last."""
        ...

    def delete(self, path: str, *, if_generation: str | None = None) -> None: ...

    def delete_all(self, paths: Sequence[str]) -> None:
        """In this order, in one commit where the store has commits."""
        ...


@dataclass(frozen=True)
class Retry:
    tries: int = 7
    first_wait_s: float = 0.5
    longest_wait_s: float = 16.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, failures: int, error: StoreError) -> None:
        longest = min(self.longest_wait_s, self.first_wait_s * 2 ** (failures - 1))
        told = min(error.retry_after_s, self.longest_wait_s)
        self.sleep(max(told, longest * random.uniform(0.5, 1.0)))

    def call(self, action: Callable[[int], T]) -> T:
        """`action` is told how often it has failed."""
        failures = 0
        while True:
            try:
                return action(failures)
            except StoreError as error:
                failures += 1
                if error.fault != "transient" or failures >= self.tries:
                    raise
                self.wait(failures, error)


def default_retry() -> Retry:
    """BRICKYARD_STORE_WAIT_S shortens the waits where the other end is a test's."""
    first = os.environ.get("BRICKYARD_STORE_WAIT_S")
    return Retry() if first is None else Retry(first_wait_s=float(first), longest_wait_s=float(first) * 8)


def open_store(url: str) -> Store:
    """Raises InputError when the URL is none."""
    scheme = urlsplit(url).scheme
    if url.startswith("/") or scheme == "file":
        from .folder import FolderStore

        return FolderStore(Path(url if url.startswith("/") else unquote(urlsplit(url).path)))
    rest = url.partition("://")[2].strip("/").split("/")
    plain = all(part not in ("", ".", "..") for part in rest) and not re.search(r"[?#@\s\\]", url)
    if scheme == "gs" and plain and re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", rest[0]):
        from .gcs import GcsStore

        return GcsStore(rest[0], "/".join(rest[1:]))
    if scheme == "hf" and plain:
        from .hub import HubStore

        is_dataset = rest[0] == "datasets"
        parts = rest[1:] if is_dataset else rest
        if len(parts) >= 2:
            return HubStore("dataset" if is_dataset else "model", "/".join(parts[:2]), "/".join(parts[2:]))
    raise InputError(
        f'"{url}" is no storage: give gs://bucket/prefix, hf://owner/name, hf://datasets/owner/name or an '
        "absolute folder"
    )


def write_in_order(
    store: Store,
    entries: Sequence[tuple[str, Source]],
    if_absent: bool,
    on_sent: Callable[[int], None] | None,
) -> None:
    """`write_all` of a store that writes one object at a time."""
    for i, (path, source) in enumerate(entries):
        store.write(path, source, if_absent=if_absent and i == len(entries) - 1, on_sent=on_sent)


def object_path(path: str) -> str:
    """Raises InputError for a path that leads out of the store."""
    if any(part in ("", ".", "..") for part in path.split("/")) or re.search(r"[\x00-\x1f\x7f\\]", path):
        raise InputError(f'"{path}" is no path of an object: names joined by single slashes, no ".."')
    return path


def read_bytes(store: Store, path: str) -> bytes:
    """The whole object, which is expected to be small; a broken connection is tried again."""
    return default_retry().call(lambda _: b"".join(store.read(path)))


def chunks_of(source: Source, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """From `start` to before `end`."""
    if isinstance(source, bytes):
        yield source[start:end]
        return
    with open(source, "rb") as file:
        file.seek(start)
        left = None if end is None else end - start
        while left is None or left > 0:
            chunk = file.read(1 << 18 if left is None else min(1 << 18, left))
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk


def size_of(source: Source) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def digest_of(kind: str, source: Source) -> str:
    """Hexadecimal; `git` is the sha1 that git names a blob by."""
    digest = hashlib.new("sha1" if kind == "git" else kind, usedforsecurity=False)
    if kind == "git":
        digest.update(f"blob {size_of(source)}\0".encode())
    for chunk in chunks_of(source):
        digest.update(chunk)
    return digest.hexdigest()


def has_bytes_of(store: Store, info: ObjectInfo, source: Source) -> bool:
    """Whether the object is `source`, by its digest, else by reading it."""
    if info.bytes != size_of(source):
        return False
    if info.digest is not None:
        kind, _, expected = info.digest.partition(":")
        return digest_of(kind, source) == expected
    there = hashlib.sha256()
    for chunk in store.read(info.path):
        there.update(chunk)
    return there.hexdigest() == digest_of("sha256", source)
