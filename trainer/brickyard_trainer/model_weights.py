"""model.safetensors of a checkpoint, also from before lerobot had processors (until 0.3)."""

from pathlib import Path
from typing import Any

import torch
from lerobot.policies.factory import get_policy_class
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from .errors import InputError
from .wording import one_sentence

OLD_INPUTS = "normalize_inputs."
OLD_TARGETS = "normalize_targets."
OLD_OUTPUTS = "unnormalize_outputs."
SHOWN = 3
"""Names of tensors in a message; the rest is counted."""


def read_weights(folder: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """(the network's tensors, those of a normalisation inside of the model)

    Raises:
        InputError: the file is missing or damaged.
    """
    path = folder / "model.safetensors"
    if not path.is_file():
        raise InputError(f"{folder} has no model.safetensors, so there are no weights")
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {one_sentence(error)}") from None
    old = {key for key in tensors if key.startswith((OLD_INPUTS, OLD_TARGETS, OLD_OUTPUTS))}
    network = {key: tensor for key, tensor in tensors.items() if key not in old}
    return network, {key: tensors[key] for key in sorted(old)}


def load_policy(folder: Path, config: Any, weights: dict[str, Tensor]) -> nn.Module:
    """The policy with these weights, in eval mode.

    Raises:
        InputError: the network that config.json describes cannot be made, or is another.
    """
    policy_class = get_policy_class(config.type)
    try:
        with torch.device("meta"):  # the sizes alone, before any memory is taken
            wanted = policy_class(config).state_dict()
    except (ValueError, RuntimeError, TypeError, AttributeError, AssertionError) as error:
        raise InputError(
            f"{folder / 'config.json'} describes a network that cannot be made: {one_sentence(error)}"
        ) from None
    missing = [key for key in wanted if key not in weights]
    unexpected = [key for key in weights if key not in wanted]
    other = [
        f"{key} {list(weights[key].shape)} instead of {list(wanted[key].shape)}"
        for key in wanted
        if key in weights and weights[key].shape != wanted[key].shape
    ]
    faults = [
        f"{what} {some(names)}"
        for what, names in (("it lacks", missing), ("it has no use for", unexpected), ("it has", other))
        if names
    ]
    if faults:
        raise InputError(
            f"{folder / 'model.safetensors'} is not of the network that config.json describes: "
            f"{'; '.join(faults)}"
        )
    policy = policy_class(config)
    policy.load_state_dict(weights)
    return policy.to(config.device).eval()


def some(names: list[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def old_statistics(folder: Path, config: Any, old: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """By feature, what a normalisation inside of the model holds; lerobot named its tensors
    `normalize_inputs.buffer_observation_state.mean`.

    Raises:
        InputError: tensors that belong to no feature of config.json.
    """
    buffers = {f"{OLD_INPUTS}buffer_{key.replace('.', '_')}": key for key in config.input_features}
    buffers |= {f"{OLD_OUTPUTS}buffer_{key.replace('.', '_')}": key for key in config.output_features}
    stats: dict[str, dict[str, Tensor]] = {}
    strange = []
    for name, tensor in old.items():
        buffer, _, statistic = name.rpartition(".")
        if buffer in buffers:
            stats.setdefault(buffers[buffer], {})[statistic] = tensor
        elif not name.startswith(OLD_TARGETS):  # of training; actions come out by OLD_OUTPUTS
            strange.append(name)
    if strange:
        raise InputError(
            f"{folder / 'model.safetensors'} normalises what config.json does not name as a feature: "
            f"{some(strange)}"
        )
    return stats
