"""Datasets by the recorder and the editors of lerobot 0.4.4 and 0.6, and as other tools rewrite them.

usage: python foreign_datasets.py OUT

Makes a folder for each and prints {"lerobot": version, "datasets": [names], "refused": {name: why},
"not_loaded": {name: why}}. Refused is what this lerobot's tools cannot make, not loaded what its
loader does not read. One process for all, because its imports take seconds.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

sys.path.insert(0, str(Path(__file__).parent.parent))

import lerobot
import numpy as np
from lerobot.datasets import dataset_tools
from lerobot.datasets.lerobot_dataset import LeRobotDataset

WIDTH, HEIGHT, FPS = 64, 48, 10
LENGTHS = (7, 12, 5)
IS_NEWER = not lerobot.__version__.startswith("0.4")

STATE = {"dtype": "float32", "shape": (3,), "names": ["a", "b", "c"]}
ACTION = {"dtype": "float32", "shape": (2,), "names": ["left", "right"]}
FRONT, WRIST = "observation.images.front", "observation.images.wrist"


def camera(dtype: str = "video", planes_first: bool = False) -> dict[str, Any]:
    if planes_first:
        return {"dtype": dtype, "shape": (3, HEIGHT, WIDTH), "names": ["channels", "height", "width"]}
    return {"dtype": dtype, "shape": (HEIGHT, WIDTH, 3), "names": ["height", "width", "channels"]}


def encoding(codec: str | None) -> dict[str, Any]:
    """How `create` is told the codec; None leaves lerobot's own, libsvtav1."""
    if codec is None:
        return {}
    if not IS_NEWER:
        return {"vcodec": codec}
    from lerobot.configs.video import RGBEncoderConfig

    return {"rgb_encoder": RGBEncoderConfig(vcodec=codec)}


def picture(random: np.random.Generator, feature: dict[str, Any]) -> np.ndarray:
    """Blocks of colour: as every codec likes them, and no two alike."""
    planes_first = feature["names"][0] == "channels"
    blocks = random.integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    pixels = blocks.repeat(8, axis=0).repeat(8, axis=1)
    if feature["shape"][-1] == 1:
        return (pixels[:, :, :1].astype(np.uint16) * 10) + 500
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)) if planes_first else pixels


def value(random: np.random.Generator, key: str, feature: dict[str, Any], is_last: bool) -> Any:
    shape, dtype = feature["shape"], feature["dtype"]
    if dtype in ("video", "image"):
        return picture(random, feature)
    if dtype == "string":
        return f"{key} é \N{GRINNING FACE} {random.integers(100)}"
    if dtype == "bool":
        return np.full(shape, is_last)
    if dtype.startswith(("int", "uint")):
        return random.integers(0, 100, shape).astype(dtype)
    scale = 90 if feature.get("degrees") else 1
    return (random.uniform(-1, 1, shape) * scale).astype(dtype)


def record(
    root: Path,
    features: dict[str, Any],
    codec: str | None = "h264",
    tasks: Callable[[int, int], str] = lambda episode, _: f"task {episode % 2}",
    degrees: bool = False,
    limits: dict[str, int] | None = None,
    **options: Any,
) -> LeRobotDataset:
    dataset = LeRobotDataset.create(
        f"local/{root.name}", FPS, features, root=root, **encoding(codec), **options
    )
    if limits:
        dataset.meta.update_chunk_settings(**limits)
    random = np.random.default_rng(len(root.name))
    drawn = {key: {**feature, "degrees": degrees} for key, feature in features.items()}
    for episode, length in enumerate(LENGTHS):
        for frame in range(length):
            row = {key: value(random, key, f, frame == length - 1) for key, f in drawn.items()}
            dataset.add_frame({**row, "task": tasks(episode, frame)})
        dataset.save_episode()
    dataset.finalize()
    return LeRobotDataset(f"local/{root.name}", root=root)


def recorders() -> dict[str, Callable[[Path], Any]]:
    base = {"observation.state": STATE, "action": ACTION}
    return {
        "video": lambda out: record(
            out,
            {
                FRONT: camera(),
                WRIST: camera(),
                **base,
                "next.done": {"dtype": "bool", "shape": (1,), "names": None},
                "observation.count": {"dtype": "int64", "shape": (1,), "names": ["count"]},
                "note": {"dtype": "string", "shape": (1,), "names": None},
            },
        ),
        "image": lambda out: record(
            out, {FRONT: camera("image"), WRIST: camera("image"), **base}, use_videos=False
        ),
        "own-codec": lambda out: record(out, {FRONT: camera(), **base}, codec=None),
        "hevc": lambda out: record(out, {FRONT: camera(), **base}, codec="hevc"),
        "planes-first": lambda out: record(out, {FRONT: camera(planes_first=True), **base}),
        "planes-first-image": lambda out: record(
            out, {FRONT: camera("image", planes_first=True), **base}, use_videos=False
        ),
        "matrix": lambda out: record(
            out, {FRONT: camera(), **base, "grid": {"dtype": "float32", "shape": (2, 3), "names": None}}
        ),
        "numbers": lambda out: record(
            out,
            {
                FRONT: camera(),
                "observation.state": {"dtype": "float64", "shape": (3,), "names": None},
                "action": ACTION,
                "level": {"dtype": "int8", "shape": (2,), "names": None},
                "code": {"dtype": "uint8", "shape": (1,), "names": None},
                "flags": {"dtype": "bool", "shape": (3,), "names": ["x", "y", "z"]},
            },
        ),
        "nested-names": lambda out: record(
            out,
            {
                FRONT: camera(),
                "observation.state": {**STATE, "names": {"motors": ["a", "b", "c"]}},
                "action": {**ACTION, "names": {"motors": ["left", "right"]}},
            },
        ),
        "degrees": lambda out: record(out, {FRONT: camera(), **base}, degrees=True, robot_type="so100"),
        "degrees-image": lambda out: record(
            out, {FRONT: camera("image"), **base}, degrees=True, use_videos=False
        ),
        "tasks-per-frame": lambda out: record(
            out, {FRONT: camera(), **base}, tasks=lambda episode, frame: f"step {frame // 4}"
        ),
        "without-camera": lambda out: record(out, base),
        "streamed": lambda out: record(out, {FRONT: camera(), **base}, streaming_encoding=True),
        "small-files": lambda out: record(
            out,
            {FRONT: camera(), WRIST: camera("image"), **base},
            limits={"chunks_size": 1, "data_files_size_in_mb": 0.001, "video_files_size_in_mb": 0.001},
        ),
        **({"depth": record_depth} if IS_NEWER else {}),
    }


def record_depth(out: Path) -> LeRobotDataset:
    depth = {"dtype": "video", "shape": (HEIGHT, WIDTH, 1), "names": ["height", "width", "channels"]}
    features = {
        FRONT: camera(),
        "observation.images.depth": {**depth, "info": {"is_depth_map": True}},
        "observation.state": STATE,
        "action": ACTION,
    }
    return record(out, features)


def edits(out: Path) -> dict[str, Callable[[Path], Any]]:
    def opened(name: str) -> LeRobotDataset:
        return LeRobotDataset(f"local/{name}", root=out / name)

    def copied(name: str, to: Path) -> LeRobotDataset:
        """For the tools that change a dataset in its place."""
        shutil.copytree(out / name, to)
        return LeRobotDataset(f"local/{to.name}", root=to)

    tools = dataset_tools
    made = {
        "deleted": lambda to: tools.delete_episodes(opened("video"), [1], to, "local/deleted"),
        "deleted-image": lambda to: tools.delete_episodes(opened("image"), [0], to, "local/deleted-image"),
        "split": lambda to: tools.split_dataset(opened("video"), {"train": [0, 2], "val": [1]}, to),
        "merged": lambda to: tools.merge_datasets([opened("video"), opened("video")], "local/merged", to),
        "merged-image": lambda to: tools.merge_datasets(
            [opened("image"), opened("image")], "local/merged-image", to
        ),
        "removed": lambda to: tools.remove_feature(opened("video"), [WRIST, "note"], to, "local/removed"),
        "added": lambda to: tools.add_features(
            opened("video"), {"reward": (np.zeros(sum(LENGTHS), "float32"), reward())}, to, "local/added"
        ),
        "retold": lambda to: tools.modify_tasks(copied("video", to), "one", {1: "other"}),
        "to-video": lambda to: tools.convert_image_to_video_dataset(
            opened("image"), to, "local/to-video", num_workers=1
        ),
    }
    if IS_NEWER:
        made |= {
            "recomputed": lambda to: tools.recompute_stats(copied("video", to)),
            "recomputed-image": lambda to: tools.recompute_stats(copied("image", to), skip_image_video=False),
            "reencoded": lambda to: tools.reencode_dataset(
                copied("video", to), **encoding("hevc"), num_workers=1
            ),
            "merged-apart": lambda to: tools.merge_datasets(
                [opened("video"), opened("video")],
                "local/merged-apart",
                to,
                concatenate_videos=False,
                concatenate_data=False,
            ),
        }
    return made


def reward() -> dict[str, Any]:
    return {"dtype": "float32", "shape": (1,), "names": None}


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    refused: dict[str, str] = {}
    jobs = recorders() | edits(out)
    if IS_NEWER:  # that environment has the tools
        from checks.rewritten_datasets import rewrites

        jobs |= rewrites(out / "video")
    for name, make in jobs.items():
        try:
            make(out / name)
        except Exception as error:  # what lerobot's own tool cannot do is no case of ours, but is told
            shutil.rmtree(out / name, ignore_errors=True)
            refused[name] = f"{type(error).__name__}: {error}"[:300]
    datasets = sorted(str(path.parent.parent.relative_to(out)) for path in out.glob("**/meta/info.json"))
    not_loaded = {name: why for name in datasets if (why := why_not_loaded(out / name))}
    print(
        json.dumps(
            {
                "lerobot": lerobot.__version__,
                "datasets": datasets,
                "refused": refused,
                "not_loaded": not_loaded,
            }
        )
    )


def why_not_loaded(root: Path) -> str | None:
    """The error of lerobot's own loader, on the first or the last frame."""
    try:
        dataset = LeRobotDataset(f"local/{root.name}", root=root)
        dataset[0], dataset[len(dataset) - 1]
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


if __name__ == "__main__":
    main()
