"""Where a supervised run keeps its files on the host: ROOT/runs/RUN_ID (launch/ssh/remote-layout.ts)."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from ..durable import read_json
from ..errors import InputError

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class RunPaths:
    root: Path
    run_id: str

    def __post_init__(self) -> None:
        if not RUN_ID.fullmatch(self.run_id):
            raise InputError(f"the run id is {self.run_id!r}; it is letters, digits, dots and hyphens")

    @property
    def folder(self) -> Path:
        return self.root / "runs" / self.run_id

    @property
    def job(self) -> Path:
        return self.folder / "job.json"

    @property
    def secrets(self) -> Path:
        """0600; an object of environment variables."""
        return self.folder / "secrets.json"

    @property
    def deadline(self) -> Path:
        """`<seconds> <nonce>`, renamed into place with every renewal; deadline.py."""
        return self.folder / "deadline"

    @property
    def status(self) -> Path:
        return self.folder / "status.json"

    @property
    def log(self) -> Path:
        """Everything the trainer and the agent say, over all attempts."""
        return self.folder / "train.log"

    @property
    def lock(self) -> Path:
        """Locked by the agent as long as it lives; holds its process id."""
        return self.folder / "agent.lock"

    @property
    def trainer_pid(self) -> Path:
        return self.folder / "trainer.pid"

    @property
    def attempts(self) -> Path:
        """A file for every attempt that was ever begun."""
        return self.folder / "attempts"

    @property
    def staging(self) -> Path:
        """Hard links of the checkpoint that is being published."""
        return self.folder / "publishing"

    @property
    def run(self) -> Path:
        """train.py's own run folder."""
        return self.folder / "run"


@dataclass(frozen=True)
class Job:
    """What to train; job.json, written by the supervisor before the first launch."""

    train_args: list[str]
    """Of train.py, without data.root, run.dir and resume."""
    command: str
    """As typed at home; for run.json."""
    dataset: Path
    store: str | None = None
    """URL of the run's prefix in storage."""
    keep_last: int = 3
    accelerate: dict = field(default_factory=dict)
    preemption_notice: bool = False
    """The machine has Google's metadata server."""


def read_job(paths: RunPaths) -> Job:
    said = read_json(paths.job)
    try:
        return Job(
            train_args=[str(text) for text in said["train_args"]],
            command=str(said["command"]),
            dataset=Path(said["dataset"]),
            store=said.get("store"),
            keep_last=int(said.get("keep_last", 3)),
            accelerate=dict(said.get("accelerate") or {}),
            preemption_notice=bool(said.get("preemption_notice", False)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{paths.job} is no job: {error!r}") from None


def read_secrets(paths: RunPaths) -> dict[str, str]:
    """Environment variables.

    Raises:
        InputError: others may read the file, or it is damaged. The message has no value in it.
    """
    if not paths.secrets.exists():
        return {}
    mode = paths.secrets.stat().st_mode & 0o777
    if mode & 0o077:
        raise InputError(f"{paths.secrets} has mode {mode:o}, others may read it; it must be 600")
    try:
        found = json.loads(paths.secrets.read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in found.items()}
    except (ValueError, AttributeError):
        raise InputError(f"{paths.secrets} is no JSON object; prepare the host again") from None
