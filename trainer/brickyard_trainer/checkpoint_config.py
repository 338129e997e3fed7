"""config.json of a checkpoint, as lerobot reads it: what it says is honoured, or refused by name."""

import json
import math
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import draccus
from lerobot.configs.policies import PreTrainedConfig

import lerobot_policy_act_small  # noqa: F401 - registers act_small

from .durable import read_json
from .errors import InputError
from .wording import one_sentence

EXPORTABLE = ("act", "act_small")
MOST = {
    "chunk_size": 10_000,
    "dim_model": 65_536,
    "n_heads": 65_536,
    "dim_feedforward": 65_536,
    "latent_dim": 65_536,
    "n_encoder_layers": 100,
    "n_decoder_layers": 100,
    "n_vae_encoder_layers": 100,
    "input_height_px": 8_192,
    "input_width_px": 8_192,
}
"""Beyond what anybody trains, so that a damaged number does not take all memory."""
LARGEST_SIDE = 8_192
WITHOUT_EFFECT = ("pretrained_revision",)
"""Settings of later versions of lerobot that change nothing about what a policy answers."""


def read_config(folder: Path, exportable: tuple[str, ...] = EXPORTABLE) -> Any:
    """lerobot's configuration object, on the CPU and without names of weights that would be downloaded.

    Raises:
        InputError: not a checkpoint, a policy of another type, or settings that this lerobot cannot honour.
    """
    path = folder / "config.json"
    try:
        settings = read_json(path)
        kind = settings["type"]
    except (InputError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder} is not a pretrained_model folder: its config.json names no policy"
        ) from error
    if kind not in exportable:
        raise InputError(f"{folder} is a {kind} policy; only {' and '.join(exportable)} can be exported")
    config_class = PreTrainedConfig.get_choice_class(kind)
    known = {"type", *(field.name for field in fields(config_class))}
    unknown = {key: value for key, value in settings.items() if key not in known}
    lost = [key for key, value in unknown.items() if value is not None and key not in WITHOUT_EFFECT]
    if lost:
        raise InputError(
            f"{path} has settings that the {kind} of this lerobot does not know, so what they set would be "
            f"lost: {', '.join(f'{key} = {json.dumps(unknown[key])}' for key in lost)}; remove them if they "
            "change nothing"
        )
    if settings.get("use_peft"):
        raise InputError(
            f"{path} has use_peft true: its weights are an adapter to another model; merge the two first"
        )
    kept = {key: value for key, value in settings.items() if key in known}
    kept["device"] = "cpu"
    if "pretrained_backbone_weights" in known:
        kept["pretrained_backbone_weights"] = None  # they are in the checkpoint
    return parsed(path, kept)


def parsed(path: Path, settings: dict[str, Any]) -> Any:
    """By lerobot's own reader, which takes a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / path.name).write_text(json.dumps(settings), encoding="utf-8")
        try:
            return PreTrainedConfig.from_pretrained(scratch)
        except (draccus.ParsingError, ValueError, TypeError, NotImplementedError, KeyError) as error:
            raise InputError(f"{path} is not valid: {one_sentence(error)}") from None


def check_settings(path: Path, config: Any) -> list[str]:
    """What of a valid configuration a policy folder cannot carry."""
    faults = []
    if not config.image_features:
        faults.append("it has no camera, which a policy folder needs")
    if config.robot_state_feature is None:
        faults.append("it has no observation.state, which a policy folder needs")
    if config.env_state_feature is not None:
        faults.append("it takes observation.environment_state, which a policy folder cannot carry")
    if config.action_feature is None:
        faults.append("its output_features have no action")
    for key, feature in config.image_features.items():
        shape = feature.shape
        if len(shape) != 3 or shape[0] != 3 or not all(1 <= n <= LARGEST_SIDE for n in shape):
            faults.append(
                f"{key} has shape {list(shape)}; it must be [3, height, width], at most {LARGEST_SIDE} a side"
            )
    for key, most in MOST.items():
        if (value := getattr(config, key, None)) is not None and not 1 <= value <= most:
            faults.append(f"{key} is {value}; it must be from 1 to {most:,}")
    if not 1 <= config.n_action_steps <= config.chunk_size:
        faults.append(f"n_action_steps is {config.n_action_steps}; it must be from 1 to {config.chunk_size}")
    if not faults:
        faults += ensembling_faults(config)
    return [f"{path}: {fault}" for fault in faults]


def ensembling_faults(config: Any) -> list[str]:
    """lerobot's weights exp(-coefficient * i) are float32: beyond e^88 the mean is NaN there."""
    coefficient = config.temporal_ensemble_coeff
    if coefficient is None:
        return []
    if not math.isfinite(coefficient):
        return [f"temporal_ensemble_coeff is {coefficient}; it must be a finite number"]
    if coefficient * (config.chunk_size - 1) < -80:
        return [
            f"temporal_ensemble_coeff is {coefficient}, whose weights overflow over a chunk of "
            f"{config.chunk_size} actions; it must be at least {-80 / (config.chunk_size - 1):.3g}"
        ]
    return []
