"""The agent's view of a run's storage: publish, fetch, list (../publishing does the work)."""

from typing import Protocol

from ..publishing.store import open_store
from ..publishing.stored_run import StoredRun
from .run_paths import Job


class RunStorage(Protocol):
    """Every method may raise StoreError or OSError, and may be repeated."""

    def steps(self) -> list[int]:
        """Of the checkpoints that are there in full."""

    def best_step(self) -> int | None: ...

    def publish(self, folder, summary: dict) -> None:
        """A checkpoint's files, its manifest last; then old ones go. Nothing happens when it is there."""

    def fetch(self, step: int, into) -> None:
        """Downloads and compares with the manifest; `into` appears whole or not at all."""

    small_files_every_s: float

    def put_all(self, files: dict) -> None:
        """The run's small files by name, replaced."""


def open_storage(job: Job, run_id: str) -> RunStorage | None:
    if job.store is None:
        return None
    return StoredRun(open_store(job.store), run_id, job.keep_last)
