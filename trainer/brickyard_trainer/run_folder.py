"""A run's folder: how it came to be, and that one process at a time writes to it."""

import fcntl
import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from omegaconf import OmegaConf

from .dataset_index import DatasetIndex
from .durable import read_json, write_json, write_text
from .errors import InputError
from .wording import setting

PACKAGES = ("torch", "lerobot", "numpy", "accelerate", "hydra-core", "onnx", "onnxruntime", "safetensors")


def free_folder(config: dict) -> Path:
    """Raises InputError when the folder holds a run already. Makes nothing."""
    folder = Path(str(config["run"]["dir"])).expanduser().resolve()
    if (folder / "run.json").exists():
        raise InputError(
            f"{setting('run.dir', folder)} holds a run already; go on with it by "
            f"{setting('resume', folder)}, or name another folder"
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{setting('run.dir', folder)} is a file; name a folder")
    return folder


def make(folder: Path, config: dict, overrides: list[str], index: DatasetIndex) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{setting('run.dir', folder)} cannot be made: {error.strerror}") from None
    write_text(folder / "config.yaml", OmegaConf.to_yaml(OmegaConf.create(config)))
    dataset = {
        "path": str(index.root),
        "fingerprint": index.fingerprint,
        "episodes": len(index.episodes),
        "frames": index.frames,
    }
    facts = {
        "command": command(),
        "overrides": overrides,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": config["seed"],
        "dataset": dataset,
        "versions": versions(),
    }
    write_json(folder / "run.json", facts)


def lock(folder: Path):
    """The open file whose lock the kernel drops with this process.

    Raises:
        InputError: another process trains in the folder.
    """
    file = open(folder / ".lock", "w")  # noqa: SIM115 - it stays open as long as the process
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(f"another process trains in {folder}; wait for it or stop it") from None
    return file


def check_same_dataset(folder: Path, index: DatasetIndex) -> None:
    """Raises InputError when the run was started on other data; the dataset may have moved."""
    started_on = facts_of(folder)["dataset"]["fingerprint"]
    if started_on != index.fingerprint:
        raise InputError(
            f"{index.root} is another dataset ({index.fingerprint[:12]}) than {folder} was started on "
            f"({started_on[:12]}); train on from its checkpoint by training.init_from"
        )


def facts_of(folder: Path) -> dict:
    return read_json(folder / "run.json")


def command() -> str:
    """As typed: `brickyard train` passes on its own command line."""
    return os.environ.get("BRICKYARD_COMMAND") or shlex.join(["python", *sys.argv])


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    checkout = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        ["git", "-C", str(checkout), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        found["brickyard"] = done.stdout.strip()
    return found
