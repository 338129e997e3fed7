"""A LeRobot v3.0 dataset as arrays: all that training needs of it but the pictures.

Reads parquet and JSON itself instead of through LeRobotDataset, which makes an Arrow copy of the rows and
opens one video decoder a frame. Works on datasets that others made: columns of ours that are missing get
their meaning there (every label is valid, every frame is the expert's).
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from .dataset_info import DatasetError, camera_features, camera_shape, names_of, read_info
from .dataset_statistics import normalising_statistics
from .dataset_tables import parquet_files, read_arrays, read_rows
from .durable import read_json

__all__ = ["DatasetError", "DatasetIndex", "Episode", "open_dataset"]

STATE = "observation.state"
ACTION = "action"
SOURCES = ("expert", "noise", "recovery", "dagger")
"""What the numbers of the column `source` mean when metadata.json does not say."""


@dataclass(frozen=True)
class Episode:
    """Rows start..stop (exclusive) of the dataset's arrays."""

    index: int
    start: int
    stop: int
    scenario: str | None
    source: tuple[str, ...]
    """Which sources its rows have, in the order of the column's numbers."""
    dataset: str
    """Of the datasets merged into this one, the one that it came from."""
    dataset_weight: float
    dataset_number: int = 0
    """Position among the merged datasets, of which several may have one name."""


@dataclass(frozen=True)
class DatasetIndex:
    """See the module. N rows, S state values, A actions."""

    root: Path
    fps: int
    fingerprint: str
    made_by_brickyard: bool
    info: dict[str, Any]
    metadata: dict[str, Any] | None
    camera_keys: list[str]
    camera_shapes: dict[str, tuple[int, int, int]]
    """height, width, channels"""
    state_names: list[str]
    action_names: list[str]
    source_names: list[str]
    episodes: list[Episode]
    state: np.ndarray
    action: np.ndarray
    label_valid: np.ndarray
    source: np.ndarray
    stats: dict[str, dict[str, np.ndarray]]
    episode_rows: dict[str, list[Any]] = field(repr=False)
    """Columns of meta/episodes without the statistics."""

    @property
    def frames(self) -> int:
        return len(self.state)


def open_dataset(root: str | Path) -> DatasetIndex:
    """Raises DatasetError when the folder is no LeRobot v3.0 dataset or lacks cameras, state or actions."""
    root = Path(root).expanduser().resolve()
    info = read_info(root)
    metadata = read_json(root / "metadata.json") if (root / "metadata.json").is_file() else None
    features = info["features"]
    cameras = camera_features(info)
    for key in (STATE, ACTION):
        if key not in features:
            raise DatasetError(f"{root} has no feature {key}; a policy cannot be trained without it")
        if len(shape := features[key]["shape"]) != 1:
            raise DatasetError(
                f"{root}: {key} has the shape {'x'.join(str(n) for n in shape)}; a policy takes a vector"
            )
    if not cameras:
        raise DatasetError(f"{root} has no camera among its features; ACT needs at least one")
    rows = read_episode_rows(root, info)
    columns = read_columns(root, features)
    bounds = episode_bounds(root, rows, len(columns["index"]))
    columns = {name: column[: bounds[-1][1]] for name, column in columns.items()}
    vectors = {key: vectors_of(root, key, columns[key]) for key in (STATE, ACTION)}
    sources = source_names(metadata)
    source = number_column(columns, "source", np.uint8, 0)
    return DatasetIndex(
        root=root,
        fps=info["fps"],
        fingerprint=fingerprint(root, metadata),
        made_by_brickyard=bool(metadata and metadata.get("made_by") == "brickyard"),
        info=info,
        metadata=metadata,
        camera_keys=cameras,
        camera_shapes={key: camera_shape(features[key]) for key in cameras},
        state_names=names_of(features[STATE], STATE),
        action_names=names_of(features[ACTION], ACTION),
        source_names=sources,
        episodes=make_episodes(root, rows, bounds, source, sources, metadata),
        state=vectors[STATE],
        action=vectors[ACTION],
        label_valid=number_column(columns, "label_valid", np.bool_, 1),
        source=source,
        stats=normalising_statistics(root, vectors),
        episode_rows=rows,
    )


def read_episode_rows(root: Path, info: dict[str, Any]) -> dict[str, list[Any]]:
    """Without the statistics, and without rows beyond info.json's total: an interrupted writer left them."""
    files = parquet_files(root, "meta/episodes")
    wanted = [name for name in pq.read_schema(files[0]).names if not name.startswith("stats/")]
    count = info.get("total_episodes") or None
    rows = {name: values[:count] for name, values in read_rows(files, wanted).items()}
    missing = [name for name in ("dataset_from_index", "dataset_to_index") if name not in rows]
    if missing or not rows["dataset_from_index"]:
        raise DatasetError(f"{root}: meta/episodes has no {', '.join(missing) or 'rows'}")
    return rows


def read_columns(root: Path, features: dict[str, Any]) -> dict[str, np.ndarray]:
    wanted = [STATE, ACTION, "index", *(key for key in ("label_valid", "source") if key in features)]
    return read_arrays(parquet_files(root, "data"), wanted)


def vectors_of(root: Path, key: str, column: np.ndarray) -> np.ndarray:
    """float32 (N, width), all of them finite."""
    vectors = np.ascontiguousarray(column, dtype=np.float32)
    if wrong := int((~np.isfinite(vectors)).any(axis=1).sum()):
        raise DatasetError(f"{root}: {key} is not finite in {wrong} of {len(vectors)} rows")
    return vectors


def number_column(columns: dict[str, np.ndarray], name: str, dtype: type, missing: int) -> np.ndarray:
    if name not in columns:
        return np.full(len(columns["index"]), missing, dtype=dtype)
    return columns[name][:, 0].astype(dtype)


def episode_bounds(root: Path, rows: dict[str, list[Any]], row_count: int) -> list[tuple[int, int]]:
    bounds = list(zip(rows["dataset_from_index"], rows["dataset_to_index"], strict=True))
    expected = 0
    for episode, (start, stop) in enumerate(bounds):
        if start != expected or stop <= start or stop > row_count:
            raise DatasetError(
                f"episode {episode} of {root} has rows {start}..{stop}, but {expected} should be its first "
                f"of {row_count}; `brickyard dataset validate` names all faults"
            )
        expected = stop
    return [(int(a), int(b)) for a, b in bounds]


def source_names(metadata: dict[str, Any] | None) -> list[str]:
    enums = (metadata or {}).get("enums") or {}
    return list(enums.get("source") or SOURCES)


def make_episodes(
    root: Path,
    rows: dict[str, list[Any]],
    bounds: list[tuple[int, int]],
    source: np.ndarray,
    names: list[str],
    metadata: dict[str, Any] | None,
) -> list[Episode]:
    scenarios = rows.get("scenario") or [None] * len(bounds)
    merged = [(root.name, 1.0, 0)] * len(bounds)
    for number, part in enumerate((metadata or {}).get("dataset_weights") or []):
        first, last = part["episodes"]
        merged[first:last] = [(str(part["name"]), float(part["weight"]), number)] * (last - first)
    return [
        Episode(
            index=k,
            start=start,
            stop=stop,
            scenario=scenarios[k],
            source=tuple(names[n] if n < len(names) else str(n) for n in np.unique(source[start:stop])),
            dataset=merged[k][0],
            dataset_weight=merged[k][1],
            dataset_number=merged[k][2],
        )
        for k, (start, stop) in enumerate(bounds)
    ]


def fingerprint(root: Path, metadata: dict[str, Any] | None) -> str:
    """sha256 of what the dataset contains: ours says it; of others' the description and statistics are
    hashed.
    """
    ours = (metadata or {}).get("fingerprint")
    if isinstance(ours, dict) and isinstance(ours.get("sha256"), str):
        return ours["sha256"]
    digest = hashlib.sha256()
    for name in ("info.json", "stats.json"):
        path = root / "meta" / name
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()
