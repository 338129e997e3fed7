"""A checkpoint as lerobot itself runs it, checked against the dataset before anything is made of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from .checkpoint_config import check_settings, read_config
from .checkpoint_folder import SUMMARY
from .checkpoint_processors import (
    POSTPROCESSOR,
    PREPROCESSOR,
    action_scales,
    input_paths,
    open_processors,
)
from .dataset_index import STATE, DatasetIndex
from .durable import read_json
from .errors import InputError
from .model_weights import load_policy, old_statistics, read_weights
from .normalisation import Scale


@dataclass
class Checkpoint:
    """A trained policy with its own processors, on the CPU, in eval mode."""

    folder: Path
    policy: nn.Module
    config: Any
    preprocessor: Any
    postprocessor: Any
    cameras: list[str]
    """The dataset's, in the order in which the network takes them."""
    network_sizes: dict[str, tuple[int, int]]
    """By the dataset's camera: height, width of the picture that the network takes."""
    camera_scales: dict[str, list[Scale]]
    state_scales: list[Scale]
    action_scales: list[Scale]

    @property
    def temporal_ensemble(self) -> float | None:
        """The coefficient, where the policy is asked in every frame and its chunks are averaged."""
        return self.config.temporal_ensemble_coeff


def load_checkpoint(folder: str | Path, index: DatasetIndex) -> Checkpoint:
    """Reads pretrained_model/ as lerobot writes it; safetensors and JSON only.

    Raises:
        InputError: what cannot be exported as it is, and where it does not fit the dataset.
    """
    folder = Path(folder).expanduser().resolve()
    config = read_config(folder)
    if faults := check_settings(folder / "config.json", config):
        raise InputError("; ".join(faults))
    weights, old = read_weights(folder)
    statistics = old_statistics(folder, config, old) if old else None
    preprocessor, postprocessor = open_processors(folder, config, statistics)
    sources = [*index.camera_keys, *(key for key in index.info["features"] if key.startswith("observation."))]
    paths, misfits, wrong_inputs = input_paths(preprocessor, config, list(dict.fromkeys(sources)))
    to_action, wrong_actions = action_scales(postprocessor, config)
    misfits += size_faults(folder, config, index, paths)
    faults = [
        f"{folder / ('model.safetensors' if old else name)} {'; '.join(wrong)}"
        for name, wrong in ((PREPROCESSOR, wrong_inputs), (POSTPROCESSOR, wrong_actions))
        if wrong
    ]
    if misfits:
        faults.append(f"the policy {folder} does not fit the dataset {index.root}: {'; '.join(misfits)}")
    if faults:
        raise InputError("; ".join(faults))
    policy = load_policy(folder, config, weights)
    cameras = {paths[key].source: key for key in config.image_features}
    return Checkpoint(
        folder,
        policy,
        config,
        preprocessor,
        postprocessor,
        list(cameras),
        {camera: network_size(config, key) for camera, key in cameras.items()},
        {camera: paths[key].scales for camera, key in cameras.items()},
        paths[STATE].scales,
        to_action,
    )


def network_size(config: Any, key: str) -> tuple[int, int]:
    """act_small resizes by itself; ACT takes the size that it was trained on."""
    if config.type == "act_small":
        return config.input_height_px, config.input_width_px
    return tuple(config.input_features[key].shape[1:])


def size_faults(folder: Path, config: Any, index: DatasetIndex, paths: dict[str, Any]) -> list[str]:
    """How the sizes of the policy's features differ from those of the dataset's."""
    faults = []
    for key, found, what in (
        (config.robot_state_feature, index.state.shape[1], "state values"),
        (config.action_feature, index.action.shape[1], "actions"),
    ):
        if tuple(key.shape) != (found,):
            faults.append(f"it takes {' x '.join(str(n) for n in key.shape)} {what}, the dataset has {found}")
    if STATE in paths and paths[STATE].source != STATE:
        faults.append(f"its {STATE} is the dataset's {paths[STATE].source}, which is not read")
    if config.type == "act_small" or resized_in_training(folder):
        return faults
    for key in config.image_features:
        wanted = tuple(config.input_features[key].shape[1:])
        found = tuple(index.camera_shapes[paths[key].source][:2]) if key in paths else wanted
        if wanted != found:
            faults.append(
                f"its {key} is {wanted[1]}x{wanted[0]}, the dataset's frames are {found[1]}x{found[0]}, and "
                "lerobot's act does not resize: name the dataset that it was trained on"
            )
    return faults


def resized_in_training(folder: Path) -> bool:
    """Whether brickyard trained it, which gives ACT frames of the size that its settings name."""
    if (folder.parent / SUMMARY).is_file():
        return True
    try:
        return read_json(folder / "train_config.json")["dataset"]["repo_id"] == "local/dataset"
    except (InputError, KeyError, TypeError):
        return False
