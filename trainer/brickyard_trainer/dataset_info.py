"""What meta/info.json says of a LeRobot v3.0 dataset, with lerobot's own defaults where it says nothing."""

from pathlib import Path, PurePosixPath
from typing import Any

from .durable import read_json
from .errors import InputError

DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"


class DatasetError(InputError):
    """The dataset cannot be read or lacks what is asked of it."""


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
    fps = info.get("fps")
    if not isinstance(info.get("features"), dict) or not is_whole(fps) or fps < 1:
        raise DatasetError(f"{path} names no features or no positive whole fps")
    info |= {"fps": int(fps)}
    for key, default in (("video_path", VIDEO_PATH), ("data_path", DATA_PATH)):
        info[key] = info.get(key) or default
        check_template(path, key, info[key])
    for key in info["features"]:
        if "/" in key:
            raise DatasetError(f"{path} names a feature {key!r}; a name with / could lead out of its folder")
    return info


def is_whole(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)


def check_template(path: Path, key: str, template: object) -> None:
    try:
        made = str(template).format(video_key="camera", chunk_index=0, file_index=0)
    except (LookupError, ValueError, AttributeError, TypeError):
        raise DatasetError(f"{path} has {key} {template!r}, which lerobot could not fill in") from None
    if made.startswith("/") or ".." in PurePosixPath(made).parts:
        raise DatasetError(f"{path} has {key} {template!r}, which leads out of the dataset's folder")


def camera_features(info: dict[str, Any]) -> list[str]:
    """Videos and pictures in the rows."""
    return [key for key, feature in info["features"].items() if feature.get("dtype") in ("video", "image")]


def names_of(feature: dict[str, Any], key: str) -> list[str]:
    """Names of a vector's values; lerobot allows a list, a dict of lists or none."""
    size = int(feature["shape"][0])
    names = flat_names(feature.get("names"))
    return names if len(names) == size else [f"{key}_{k}" for k in range(size)]


def flat_names(names: object) -> list[str]:
    """A dict may also give each name its position."""
    if isinstance(names, dict):
        if names and all(isinstance(position, int) for position in names.values()):
            return [str(name) for name in sorted(names, key=names.__getitem__)]
        names = list(names.values())
    if isinstance(names, (list, tuple)):
        return [name for part in names for name in flat_names(part)]
    return [] if names is None else [str(names)]


def camera_shape(feature: dict[str, Any]) -> tuple[int, int, int]:
    """height, width, channels, in whichever order the names of the axes give them; without names as lerobot
    does, whose pictures come last unless only the first axis can be colours.
    """
    shape = tuple(int(n) for n in feature["shape"])
    names = [name.lower().rstrip("s") for name in flat_names(feature.get("names"))]
    if sorted(names) == ["channel", "height", "width"]:
        return tuple(shape[names.index(axis)] for axis in ("height", "width", "channel"))
    colours_first = shape[0] in (1, 3, 4) and shape[-1] not in (1, 3, 4)
    return (shape[1], shape[2], shape[0]) if colours_first else shape


def is_depth(feature: dict[str, Any]) -> bool:
    info = feature.get("info") or {}
    return bool(info.get("is_depth_map") or info.get("video.is_depth_map"))
