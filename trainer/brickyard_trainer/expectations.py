"""What a dataset must hold for the policy and the environment asked for, and which episodes are held out."""

import numpy as np

from .dataset_index import DatasetIndex
from .dataset_info import is_depth
from .errors import InputError


def check_dataset(index: DatasetIndex, env: dict) -> None:
    """Raises InputError with all that the environment expects and the dataset lacks.

    Our own datasets have the names of the task that they are of, whichever that is.
    """
    if index.made_by_brickyard:
        return
    faults = []
    for key, found in (("state_names", index.state_names), ("action_names", index.action_names)):
        wanted = env[key]
        if wanted is not None and found[: len(wanted)] != wanted:
            faults.append(f"env.{key} wants {', '.join(wanted)}, but the dataset has {', '.join(found)}")
    if faults:
        raise InputError(f"{index.root}: {'; '.join(faults)}. For another robot's dataset add env=any")


def cameras_of(index: DatasetIndex, names: list[str]) -> list[str]:
    """Feature keys of the cameras asked for.

    Raises:
        InputError: none asked for, or the dataset lacks some, or one has no colour.
    """
    keys = [name if name in index.camera_keys else f"observation.images.{name}" for name in names]
    missing = [name for name, key in zip(names, keys, strict=True) if key not in index.camera_keys]
    have = ", ".join(key.removeprefix("observation.images.") for key in index.camera_keys)
    if missing or not keys:
        raise InputError(f"data.cameras wants {', '.join(missing) or 'none'}, but {index.root} has {have}")
    for key in keys:
        channels = index.camera_shapes[key][2]
        if channels != 3 or is_depth(index.info["features"][key]):
            what = (
                "a depth map" if is_depth(index.info["features"][key]) else f"pictures of {channels} channels"
            )
            raise InputError(f"{index.root}: {key} is {what}; the policy takes cameras of three colours")
    return keys


def split_episodes(count: int, share: float, seed: int) -> tuple[list[int], list[int]]:
    """(to learn from, held out), both sorted; at least one episode stays to learn from.

    Raises:
        InputError: a share is wanted that leaves nothing on one side.
    """
    if share == 0:
        return list(range(count)), []
    held_out = round(count * share)
    if held_out == 0 or held_out == count:
        raise InputError(
            f"data.holdout={share} of {count} episodes holds out {held_out}; it must leave some on both sides"
        )
    order = np.random.default_rng(seed).permutation(count)
    return sorted(order[held_out:].tolist()), sorted(order[:held_out].tolist())
