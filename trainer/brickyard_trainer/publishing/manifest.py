"""A checkpoint in storage (twin of trainer/launch/storage/checkpoint-manifest.ts, which says what holds)."""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .store import Store, StoreError, read_bytes

FORMAT = 1
MANIFEST = "manifest.json"
CHECKPOINTS = "checkpoints/"
BEST_POINTER = "best.json"

EPOCH_ROUNDING = 5e-5
"""Of the epoch in checkpoint.json (reports.py)."""


@dataclass(frozen=True)
class Published:
    """One whose manifest is there."""

    name: str
    step: int
    loss: float | None
    validation_loss: float | None
    files: list[dict]
    """{path, bytes, sha256} each."""


def name_of(step: int, epoch: float | None, every_epochs: float | None) -> str:
    """act_epoch_NNN for one that an epoch schedule asked for at a whole epoch, else act_step_NNNNNN."""
    if every_epochs and epoch:
        # The schedule has whole steps (checkpoints.Cadence) of an epoch that is known to four digits only.
        shortest, longest = (every_epochs * step / (epoch + sign * EPOCH_ROUNDING) for sign in (1, -1))
        for due_steps in range(max(1, round(shortest)), max(1, round(longest)) + 1):
            epochs = step // due_steps * every_epochs
            if step % due_steps == 0 and epochs >= 1 and float(epochs).is_integer():
                return f"act_epoch_{int(epochs):03d}"
    return f"act_step_{step:06d}"


def made_of(folder: Path, *, run: str, name: str, summary: dict) -> dict:
    """The manifest of a folder that no longer changes; `summary` is that of its checkpoint.json."""
    files = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with open(path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        files.append(
            {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": sha256}
        )
    return {
        "format": FORMAT,
        "run": run,
        "step": summary["step"],
        "epoch": finite(summary.get("epoch")),
        "name": name,
        "loss": finite(summary.get("loss")),
        "validation_loss": finite(summary.get("validation_loss")),
        "files": files,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def manifest_path(name: str) -> str:
    return f"{CHECKPOINTS}{name}/{MANIFEST}"


def published(store: Store, known: dict[tuple[str, str], Published] | None = None) -> list[Published]:
    """Those that are whole, rising by step; one whose manifest cannot be understood is not there.

    `known` remembers what was read, by path and generation: a manifest never changes.
    """
    known = {} if known is None else known
    found = []
    for info in store.list(CHECKPOINTS):
        match = re.fullmatch(r"checkpoints/([^/]+)/manifest\.json", info.path)
        if not match:
            continue
        key = (info.path, info.generation)
        one = known.get(key) or understood(store, info.path, match[1])
        if one is not None:
            known[key] = one
            found.append(one)
    return sorted(found, key=lambda one: one.step)


def understood(store: Store, path: str, name: str) -> Published | None:
    try:
        row = json.loads(read_bytes(store, path))
        files = [
            {"path": inner_path(f["path"]), "bytes": int(f["bytes"]), "sha256": f["sha256"]}
            for f in row["files"]
        ]
        if row["format"] != FORMAT or row["name"] != name or not files:
            return None
        return Published(name, int(row["step"]), row["loss"], row["validation_loss"], files)
    except StoreError as error:
        if error.fault == "not-found":  # deleted meanwhile
            return None
        raise
    except (ValueError, KeyError, TypeError):
        return None


def inner_path(path: str) -> str:
    """Raises ValueError for a path that leads out of the checkpoint's folder."""
    parts = path.split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9._-]+", part) and part not in (".", "..") for part in parts):
        raise ValueError(path)
    return path


def best_of(all_published: list[Published]) -> Published | None:
    """By validation loss where one has it, else by the smoothed training loss; the earlier wins a tie."""
    by_validation = [one for one in all_published if one.validation_loss is not None]
    by_loss = [one for one in all_published if one.loss is not None]
    if by_validation:
        return min(by_validation, key=lambda one: (one.validation_loss, one.step))
    return min(by_loss, key=lambda one: (one.loss, one.step), default=None)
