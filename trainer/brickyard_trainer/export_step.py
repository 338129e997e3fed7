"""A checkpoint's policy folder, made between two steps without moving anything of the training's state."""

import torch
from lerobot.utils.random_utils import deserialize_rng_state, serialize_rng_state

from .checkpoints import reason
from .dataset_index import DatasetIndex
from .errors import NegativeResult, TrainerError
from .export import export_policy


def export_checkpoint(checkpoint, index: DatasetIndex, command: str, loss: float | None) -> dict:
    """Makes checkpoint/policy; returns the parity figures.

    Raises:
        NegativeResult: the export failed, in its own words.
    """
    before = serialize_rng_state()
    threads = torch.get_num_threads()
    try:
        out = checkpoint / "policy"
        return export_policy(checkpoint / "pretrained_model", index, out, command=command, loss=loss)[
            "parity"
        ]
    except (TrainerError, OSError) as error:
        raise NegativeResult(f"the export of {checkpoint} failed: {reason(error)}") from None
    finally:
        deserialize_rng_state(before)
        torch.set_num_threads(threads)
