"""A folder, or a volume mounted as one, as a store (twin of trainer/launch/storage/folder-store.ts)."""

import errno
import os
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..durable import sync_folder
from .store import ObjectInfo, Source, StoreError, chunks_of, object_path, write_in_order

WITHOUT_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""How a mounted bucket or a FAT volume says that it has no links; two writers are not told apart there."""

PART = re.compile(r"^\..*\.part$")
"""What a write has under way; never listed."""


class FolderStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = str(folder)

    def list(self, prefix: str) -> list[ObjectInfo]:
        below = self.folder / prefix.rpartition("/")[0]
        found = []
        for parent, _, names in os.walk(below):
            for name in names:
                path = (Path(parent) / name).relative_to(self.folder).as_posix()
                if not PART.match(name) and path.startswith(prefix) and (info := self.stat(path)):
                    found.append(info)
        return sorted(found, key=lambda info: info.path)

    def stat(self, path: str) -> ObjectInfo | None:
        file = self.folder / object_path(path)
        with self.faults():
            try:
                found = file.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        if not file.is_file():
            return None
        generation = f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"
        return ObjectInfo(path, found.st_size, generation, None)

    def read(self, path: str, from_byte: int = 0) -> Iterator[bytes]:
        if self.stat(path) is None:
            raise StoreError("not-found", f"{self.folder / path} does not exist")
        with self.faults():
            yield from chunks_of(self.folder / path, from_byte)

    def write(
        self,
        path: str,
        source: Source,
        *,
        if_absent: bool = False,
        if_generation: str | None = None,
        on_sent: Callable[[int], None] | None = None,
    ) -> ObjectInfo:
        final = self.folder / object_path(path)
        part = final.with_name(f".{uuid.uuid4().hex}.part")
        with self.faults():
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                with open(part, "xb") as file:
                    for chunk in chunks_of(source):
                        file.write(chunk)
                        if on_sent:
                            on_sent(len(chunk))
                    file.flush()
                    os.fsync(file.fileno())
                self.place(part, path, if_absent, if_generation)
            finally:
                part.unlink(missing_ok=True)
            sync_folder(final.parent)
        info = self.stat(path)
        assert info
        return info

    def place(self, part: Path, path: str, if_absent: bool, if_generation: str | None) -> None:
        final = self.folder / path
        # Compared before the rename: two writers of the same instant are told apart by `if_absent` alone.
        if if_generation is not None:
            there = self.stat(path)
            if there is None or there.generation != if_generation:
                raise StoreError("conflict", f"{final} was changed by somebody else")
        if not if_absent:
            os.replace(part, final)
            return
        try:
            os.link(part, final)
        except FileExistsError:
            raise StoreError("conflict", f"{final} is there already") from None
        except OSError as error:
            if error.errno not in WITHOUT_LINKS:
                raise
            if final.exists():
                raise StoreError("conflict", f"{final} is there already") from None
            os.replace(part, final)

    def write_all(
        self,
        entries: Sequence[tuple[str, Source]],
        *,
        if_absent: bool = False,
        on_sent: Callable[[int], None] | None = None,
    ) -> None:
        write_in_order(self, entries, if_absent, on_sent)

    def delete(self, path: str, *, if_generation: str | None = None) -> None:
        info = self.stat(path)
        if info is None:
            return
        if if_generation is not None and info.generation != if_generation:
            raise StoreError("conflict", f"{self.folder / path} was changed by somebody else")
        with self.faults():
            file = self.folder / path
            file.unlink(missing_ok=True)
            sync_folder(file.parent)
            for folder in file.parents:  # folders without files are no objects
                if folder == self.folder or not folder.is_relative_to(self.folder):
                    break
                try:
                    folder.rmdir()
                except OSError:
                    break

    def delete_all(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.delete(path)

    @contextmanager
    def faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreError("full", f"{self.url} has no space left: free some") from None
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise StoreError("permission", f"{self.url} may not be written: {error.strerror}") from None
            raise StoreError("transient", f"{self.url}: {error.strerror or error}") from None
