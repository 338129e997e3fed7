"""A LeRobot v3.0 dataset as arrays: all that training needs of it but the pictures.

Reads parquet and JSON itself instead of through LeRobotDataset, which makes an Arrow copy of the rows and
opens one video decoder a frame. Works on datasets that others made: columns of ours that are missing get
their meaning there (every label is valid, every frame is the expert's).
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .durable import read_json
from .errors import InputError

STATE = "observation.state"
ACTION = "action"
SOURCES = ("expert", "noise", "recovery", "dagger")
"""What the numbers of the column `source` mean when metadata.json does not say."""


class DatasetError(InputError):
    """The dataset cannot be read or lacks what is asked of it."""


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
    cameras = [key for key, feature in features.items() if feature.get("dtype") in ("video", "image")]
    for key in (STATE, ACTION):
        if key not in features:
            raise DatasetError(f"{root} has no feature {key}; a policy cannot be trained without it")
    if not cameras:
        raise DatasetError(f"{root} has no camera among its features; ACT needs at least one")
    rows = read_episode_rows(root)
    table = read_columns(root, features)
    bounds = episode_bounds(root, rows, table.num_rows)
    sources = source_names(metadata)
    source = number_column(table, "source", np.uint8, 0)
    return DatasetIndex(
        root=root,
        fps=int(info["fps"]),
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
        state=vector_column(root, table, STATE),
        action=vector_column(root, table, ACTION),
        label_valid=number_column(table, "label_valid", np.bool_, 1),
        source=source,
        stats=read_stats(root),
        episode_rows=rows,
    )


def read_info(root: Path) -> dict[str, Any]:
    path = root / "meta" / "info.json"
    if not path.is_file():
        raise DatasetError(f"{root} is no LeRobot dataset: it has no meta/info.json")
    info = read_json(path)
    version = info.get("codebase_version") if isinstance(info, dict) else None
    if version != "v3.0":
        remedy = (
            "; convert it by `python -m lerobot.datasets.v30.convert_dataset_v21_to_v30`"
            if str(version).startswith("v2")
            else ""
        )
        raise DatasetError(f"{root} has LeRobot version {version}, not v3.0{remedy}")
    if not isinstance(info.get("features"), dict) or not isinstance(info.get("fps"), int) or info["fps"] < 1:
        raise DatasetError(f"{path} names no features or no positive whole fps")
    for key in ("video_path", "data_path"):
        if (template := info.get(key)) is not None:
            check_template(path, key, template)
    for key in info["features"]:
        if "/" in key:
            raise DatasetError(f"{path} names a feature {key!r}; a name with / could lead out of its folder")
    return info


def check_template(path: Path, key: str, template: object) -> None:
    try:
        made = str(template).format(video_key="camera", chunk_index=0, file_index=0)
    except (LookupError, ValueError, AttributeError, TypeError):
        raise DatasetError(f"{path} has {key} {template!r}, which lerobot could not fill in") from None
    if made.startswith("/") or ".." in PurePosixPath(made).parts:
        raise DatasetError(f"{path} has {key} {template!r}, which leads out of the dataset's folder")


def names_of(feature: dict[str, Any], key: str) -> list[str]:
    """Names of a vector's values; lerobot allows a list, a dict of lists or none."""
    names = feature.get("names")
    if isinstance(names, dict):
        names = [name for group in names.values() for name in group]
    size = int(feature["shape"][0])
    return [str(n) for n in names] if names and len(names) == size else [f"{key}_{k}" for k in range(size)]


def camera_shape(feature: dict[str, Any]) -> tuple[int, int, int]:
    """height, width, channels, whichever order info.json names."""
    shape = tuple(int(n) for n in feature["shape"])
    names = feature.get("names") or []
    return (shape[1], shape[2], shape[0]) if "channel" in str(names[0] if names else "") else shape


def parquet_files(root: Path, folder: str) -> list[Path]:
    """In the order in which lerobot reads them."""
    files = sorted((root / folder).glob("*/*.parquet"))
    if not files:
        raise DatasetError(f"{root} has no parquet files in {folder}/")
    return files


def read_table(files: list[Path], columns: list[str] | None) -> pa.Table:
    try:
        return pa.concat_tables([pq.read_table(file, columns=columns, partitioning=None) for file in files])
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{files[0].parent.parent} cannot be read as parquet: {error}") from error


def read_episode_rows(root: Path) -> dict[str, list[Any]]:
    files = parquet_files(root, "meta/episodes")
    wanted = [name for name in pq.read_schema(files[0]).names if not name.startswith("stats/")]
    return read_table(files, wanted).to_pydict()


def read_columns(root: Path, features: dict[str, Any]) -> pa.Table:
    wanted = [STATE, ACTION, "index", *(key for key in ("label_valid", "source") if key in features)]
    return read_table(parquet_files(root, "data"), wanted)


def vector_column(root: Path, table: pa.Table, name: str) -> np.ndarray:
    column = table.column(name).combine_chunks()
    values = column.flatten() if pa.types.is_nested(column.type) else column
    array = values.to_numpy(zero_copy_only=False).astype(np.float32)
    if len(array) % max(table.num_rows, 1):
        raise DatasetError(f"{root} has rows of different lengths in {name}")
    return np.ascontiguousarray(array.reshape(table.num_rows, -1))


def number_column(table: pa.Table, name: str, dtype: type, missing: int) -> np.ndarray:
    if name not in table.column_names:
        return np.full(table.num_rows, missing, dtype=dtype)
    return table.column(name).to_numpy().astype(dtype)


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


def read_stats(root: Path) -> dict[str, dict[str, np.ndarray]]:
    path = root / "meta" / "stats.json"
    if not path.is_file():
        raise DatasetError(f"{root} has no meta/stats.json, whose mean and std normalise state and action")
    stats = read_json(path)
    return {
        key: {name: np.asarray(value, dtype=np.float32) for name, value in feature.items() if name != "count"}
        for key, feature in stats.items()
        if isinstance(feature, dict)
    }
