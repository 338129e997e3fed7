"""What a run learns from: the dataset, which of its episodes, and their batches."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accelerate import Accelerator
from torch import Tensor

from .batches import Batches, on_device
from .dataset_index import DatasetIndex, open_dataset
from .expectations import cameras_of, check_dataset, split_episodes
from .feature_cache import FrozenBackbone, open_feature_cache
from .frame_cache import open_frame_cache
from .picture_changes import augmentation_of


@dataclass(frozen=True)
class TrainingData:
    index: DatasetIndex
    cameras: list[str]
    learnt: list[int]
    """Episodes."""
    held_out: list[int]


def open_training_data(config: dict) -> TrainingData:
    """Raises InputError where the dataset is none or lacks what is asked of it. Decodes nothing."""
    data = config["data"]
    index = open_dataset(Path(str(data["root"])))
    check_dataset(index, config["env"])
    learnt, held_out = split_episodes(len(index.episodes), data["holdout"], config["seed"])
    return TrainingData(index, cameras_of(index, data["cameras"]), learnt, held_out)


def open_batches(
    data: TrainingData, config: dict, accelerator: Accelerator, frozen: FrozenBackbone | None = None
) -> tuple[Batches, Batches | None]:
    """Of the episodes to learn from and of those held out; the pictures are features where `frozen` is given.

    Takes the backbone out of the policy then.
    """
    settings, policy, seed = config["data"], config["policy"], config["seed"]
    pictures = open_pictures(data, policy["input_height_px"], policy["input_width_px"], accelerator, frozen)
    common = {
        "chunk": policy["chunk_size"],
        "batch_size": config["training"]["batch_size"],
        "device": accelerator.device,
    }
    learnt = Batches(
        data.index,
        pictures,
        data.learnt,
        seed=seed,
        dataset_weights=settings["weights"],
        source_share=settings["source_share"],
        augmentation=augmentation_of(settings["augmentation"]),
        **common,
    )
    return learnt, Batches(data.index, pictures, data.held_out, seed=0, **common) if data.held_out else None


def open_pictures(
    data: TrainingData, height: int, width: int, accelerator: Accelerator, frozen: FrozenBackbone | None
) -> dict[str, np.ndarray | Tensor]:
    """By camera, on the GPU when they fit there."""
    with accelerator.main_process_first():  # one decodes, the others map the file
        arrays = {key: open_frame_cache(data.index, key, height, width) for key in data.cameras}
    if frozen is not None:
        arrays = {
            key: open_feature_cache(frozen, data.index, key, frames, accelerator)
            for key, frames in arrays.items()
        }
        frozen.remove()
    return {key: on_device(array, accelerator.device) for key, array in arrays.items()}
