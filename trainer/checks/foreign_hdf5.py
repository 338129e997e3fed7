"""Makes HDF5 files by h5py in the layouts of ALOHA, mobile ALOHA and robomimic, for `dataset convert`.

usage: python foreign_hdf5.py OUT

Each recording is a folder OUT/NAME. OUT/expected.json has of each the values of its columns, and the pictures
of one frame of each episode's cameras, as h5py and Pillow read them back from the files: lists of episodes
{"columns": {PATH: [[…], …]}, "pictures": {PATH: RGB in base64}}.
"""

import base64
import io
import json
import sys
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

WIDTH, HEIGHT = 96, 64
FRAME = 5
"""The frame whose pictures are written down."""
JOINTS = 14
LENGTHS = {"episode_0": 12, "episode_1": 9}
DEMOS = {"demo_0": 8, "demo_2": 11, "demo_10": 7}

random = np.random.default_rng(7)


def pictures(frames: int, camera: int) -> np.ndarray:
    """Smooth, with another level at each place, in each channel, frame and camera."""
    t, y, x = np.mgrid[0:frames, 0:HEIGHT, 0:WIDTH]
    red, green = 30 + 2 * x, 40 + 3 * y
    blue = 20 + 15 * t + 50 * camera
    return np.stack(np.broadcast_arrays(red, green, blue), axis=-1).clip(0, 255).astype(np.uint8)


def numbers(*shape: int) -> np.ndarray:
    return random.uniform(-2, 2, shape)


def jpegs(frames: np.ndarray, quality: int) -> list[np.ndarray]:
    files = []
    for k, frame in enumerate(frames):
        file = io.BytesIO()
        # Of several sizes, so that most of them are padded.
        Image.fromarray(frame).save(file, "JPEG", quality=quality - 3 * (k % 4))
        files.append(np.frombuffer(file.getvalue(), np.uint8))
    return files


def aloha(path: Path, frames: int, *, compressed: bool, mobile: bool) -> None:
    """As ALOHA's record_episodes.py: datasets of 32 bits made first and filled then."""
    cameras = ("cam_high", "cam_left_wrist") if mobile else ("cam_high", "cam_low")
    shown = {name: pictures(frames, k) for k, name in enumerate(cameras)}
    coded = {name: jpegs(levels, 92) for name, levels in shown.items()} if compressed else {}
    longest = max((len(file) for files in coded.values() for file in files), default=0)
    settings = {"rdcc_nbytes": 1024**2 * 2, **({"libver": "latest"} if mobile else {})}
    with h5py.File(path, "w", **settings) as root:
        root.attrs["sim"] = False
        if compressed:
            root.attrs["compress"] = True
        observations = root.create_group("observations")
        image = observations.create_group("images")
        for name in cameras:
            if compressed:
                image.create_dataset(name, (frames, longest), dtype="uint8", chunks=(1, longest))
            else:
                size = (HEIGHT, WIDTH, 3)
                image.create_dataset(name, (frames, *size), dtype="uint8", chunks=(1, *size))
        for name in ("qpos", "qvel", "effort"):
            observations.create_dataset(name, (frames, JOINTS), dtype="f4")
            observations[name][...] = numbers(frames, JOINTS)
        root.create_dataset("action", (frames, JOINTS), dtype="f4")
        root["action"][...] = numbers(frames, JOINTS)
        if mobile:
            root.create_dataset("base_action", (frames, 2), dtype="f4")
            root["base_action"][...] = numbers(frames, 2)
            depth = (frames, HEIGHT, WIDTH)
            observations.create_dataset("images_depth/cam_high", depth, dtype="uint16", compression="gzip")
        for name, levels in shown.items():
            rows = [np.pad(file, (0, longest - len(file))) for file in coded[name]] if compressed else levels
            image[name][...] = np.stack(rows)
        if compressed:
            root.create_dataset("compress_len", (len(cameras), frames), dtype="f4")
            root["compress_len"][...] = [[len(file) for file in files] for files in coded.values()]


def robomimic(path: Path, *, with_pictures: bool) -> None:
    """As robosuite's recordings after robomimic's dataset_states_to_obs.py."""
    with h5py.File(path, "w") as root:
        data = root.create_group("data")
        for name, frames in DEMOS.items():
            demo = data.create_group(name)
            demo.attrs["num_samples"] = frames
            demo.attrs["model_file"] = "<mujoco/>"
            demo["actions"] = numbers(frames, 7)
            demo["states"] = numbers(frames, 32)
            demo["rewards"] = (np.arange(frames) == frames - 1).astype(np.float64)
            demo["dones"] = (np.arange(frames) == frames - 1).astype(np.int64)
            seen = {
                "object": numbers(frames, 10),
                "robot0_eef_pos": numbers(frames, 3),
                "robot0_eef_quat": numbers(frames, 4),
                "robot0_gripper_qpos": numbers(frames, 2),
                "robot0_joint_pos": numbers(frames, 7),
            }
            if with_pictures:
                seen["agentview_image"] = pictures(frames, 0)
                seen["robot0_eye_in_hand_image"] = pictures(frames, 1)
            for key, values in seen.items():
                demo.create_dataset(f"obs/{key}", data=values, compression="gzip")
                demo.create_dataset(f"next_obs/{key}", data=np.roll(values, -1, 0), compression="gzip")
        data.attrs["total"] = sum(DEMOS.values())
        environment = {"env_name": "Lift", "type": 1, "env_kwargs": {"control_freq": 20, "robots": ["Panda"]}}
        data.attrs["env_args"] = json.dumps(environment, indent=4)
        root["mask/train"] = np.array(["demo_0", "demo_2"], dtype="S")
        root["mask/valid"] = np.array(["demo_10"], dtype="S")


def held(episode: h5py.Group) -> dict:
    """What h5py and Pillow read of one episode."""
    columns, shown = {}, {}

    def take(path: str, item: h5py.Group | h5py.Dataset) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        if path.startswith("observations/images/"):
            row = item[FRAME]
            if row.ndim == 1:
                row = np.asarray(Image.open(io.BytesIO(row.tobytes())).convert("RGB"))
            shown[path] = base64.b64encode(row.tobytes()).decode()
        elif path.startswith("obs/") and path.endswith("_image"):
            shown[path] = base64.b64encode(item[FRAME].tobytes()).decode()
        elif item.ndim <= 2 and item.dtype.kind in "iuf":
            columns[path] = item[()].tolist()

    episode.visititems(take)
    return {"columns": columns, "pictures": shown}


def main() -> None:
    out = Path(sys.argv[1])
    expected: dict[str, list[dict]] = {}
    kinds = {
        "aloha": {"compressed": False, "mobile": False},
        "aloha-compressed": {"compressed": True, "mobile": False},
        "mobile-aloha": {"compressed": True, "mobile": True},
    }
    for name, kind in kinds.items():
        folder = out / name
        folder.mkdir(parents=True)
        expected[name] = []
        for episode, frames in LENGTHS.items():
            aloha(folder / f"{episode}.hdf5", frames, **kind)
            with h5py.File(folder / f"{episode}.hdf5") as root:
                expected[name].append(held(root))
    for name, with_pictures in (("robomimic", True), ("robomimic-low-dim", False)):
        file = out / name / "demo.hdf5"
        file.parent.mkdir()
        robomimic(file, with_pictures=with_pictures)
        with h5py.File(file) as root:
            expected[name] = [held(root[f"data/{demo}"]) for demo in DEMOS]
    (out / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main()
