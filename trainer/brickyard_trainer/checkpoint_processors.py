"""Pre- and postprocessor of a checkpoint: lerobot's own objects, and each step's effect as scales of a graph.

Only steps whose whole effect is known here are let through. A step that is not, or a normalisation without
its statistics, is refused by name: lerobot would run the first, and skip the second without a word.
"""

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lerobot.configs.types import FeatureType
from lerobot.policies.factory import make_pre_post_processors
from lerobot.processor import (
    NormalizerProcessorStep,
    RenameObservationsProcessorStep,
    UnnormalizerProcessorStep,
)
from safetensors import SafetensorError
from torch import Tensor

from .dataset_index import ACTION, STATE
from .durable import read_json
from .errors import InputError
from .normalisation import IDENTITY, Scale, mode_of, statistics_fault
from .wording import one_sentence

PREPROCESSOR, POSTPROCESSOR = "policy_preprocessor.json", "policy_postprocessor.json"
NORMALISED = {"eps", "features", "norm_map", "normalize_observation_keys", "stats"}
DEVICE = {"device", "float_dtype"}
KNOWN = {
    PREPROCESSOR: {
        "rename_observations_processor": {"rename_map"},
        "to_batch_processor": set(),
        "device_processor": DEVICE,
        "normalizer_processor": NORMALISED,
    },
    POSTPROCESSOR: {
        "unnormalizer_processor": NORMALISED,
        "device_processor": DEVICE,
        "to_batch_processor": set(),
    },
}
"""Steps and their settings. What a new one changes must be in `input_paths` or `action_scales`."""
FLOAT32 = (None, "float32", "float")
MIGRATE = "python -m lerobot.processor.migrate_policy_normalization --pretrained-path"


@dataclass
class InputPath:
    """From a feature of the dataset to one of the policy."""

    source: str
    scales: list[Scale]


def open_processors(folder: Path, config: Any, old: dict[str, dict[str, Tensor]] | None) -> tuple[Any, Any]:
    """lerobot's pre- and postprocessor.

    `old`: statistics from inside of the model, for which lerobot makes new processors as its migration does.

    Raises:
        InputError: files that are missing, damaged or name what is not known here; all of it at once.
    """
    there = [(folder / name).is_file() for name in (PREPROCESSOR, POSTPROCESSOR)]
    if old is not None:
        if any(there):
            raise InputError(
                f"{folder} normalises twice, in model.safetensors and in {PREPROCESSOR}: lerobot would leave "
                f"the first out; convert the old checkpoint by `{MIGRATE} DIR`"
            )
        return make_pre_post_processors(config, dataset_stats=old)
    if not all(there):
        missing = " and no ".join(
            name for name, found in zip((PREPROCESSOR, POSTPROCESSOR), there, strict=True) if not found
        )
        raise InputError(
            f"{folder} has no {missing}, and its model holds no normalisation, so it is not known how inputs "
            "and actions are scaled; copy the file from where the checkpoint was made"
        )
    entries = {name: read_steps(folder, name) for name in KNOWN}
    faults = [f"{folder / name}: {f}" for name in KNOWN for f in step_faults(folder, name, entries[name])]
    if faults:
        raise InputError("; ".join(faults))
    # Answers come back to the CPU; the checkpoint may name a device that this machine lacks.
    devices = {PREPROCESSOR: config.device, POSTPROCESSOR: "cpu"}
    moved = {
        name: {"device_processor": {"device": devices[name]}}
        for name, steps in entries.items()
        if any(step["registry_name"] == "device_processor" for step in steps)
    }
    try:
        return make_pre_post_processors(
            config,
            pretrained_path=str(folder),
            preprocessor_overrides=moved.get(PREPROCESSOR, {}),
            postprocessor_overrides=moved.get(POSTPROCESSOR, {}),
        )
    except (OSError, SafetensorError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise InputError(f"the processors of {folder} cannot be loaded: {one_sentence(error)}") from None


def read_steps(folder: Path, name: str) -> list[dict[str, Any]]:
    value = read_json(folder / name)
    steps = value.get("steps") if isinstance(value, dict) else None
    if not isinstance(steps, list) or not all(
        isinstance(step, dict) and isinstance(step.get("config", {}), dict) for step in steps
    ):
        raise InputError(f"{folder / name} has no list of steps, so it is not a processor of lerobot")
    return steps


def step_faults(folder: Path, name: str, steps: list[dict[str, Any]]) -> list[str]:
    faults = []
    for number, step in enumerate(steps):
        called = step.get("registry_name", step.get("class"))
        known = KNOWN[name].get(called) if isinstance(called, str) and "registry_name" in step else None
        if known is None:
            faults.append(
                f"step {number} is {called}, which the export cannot apply; it knows {', '.join(KNOWN[name])}"
            )
            continue
        settings = step.get("config", {})
        if unknown := sorted(set(settings) - known):
            faults.append(f"step {number}, {called}, has settings not known here: {', '.join(unknown)}")
        if settings.get("float_dtype") not in FLOAT32:
            faults.append(
                f"step {number}, {called}, has float_dtype {settings['float_dtype']}; the graph computes in "
                "float32"
            )
        faults += [f"step {number}, {called}, has {fault}" for fault in setting_faults(settings)]
        state = step.get("state_file")
        if state is None:
            continue
        if not isinstance(state, str) or PurePosixPath(state).name != state or state in (".", ".."):
            faults.append(f"step {number}, {called}, has state_file {state!r}, which leads out of the folder")
        elif not (folder / state).is_file():
            faults.append(f"step {number}, {called}, has its statistics in {state}, which is missing")
    return faults


def setting_faults(settings: dict[str, Any]) -> list[str]:
    """What lerobot takes as it is, and fails on later or understands otherwise."""
    faults = []
    eps = settings.get("eps", 0)
    if isinstance(eps, bool) or not isinstance(eps, int | float) or not 0 <= eps < 1e6:
        faults.append(f"eps {json.dumps(eps)}; it must be a small number, 0 or more")
    renames = settings.get("rename_map", {})
    if not isinstance(renames, dict) or not all(isinstance(value, str) for value in renames.values()):
        faults.append(f"rename_map {json.dumps(renames)}; it must name a string for each key")
    chosen = settings.get("normalize_observation_keys") or []
    if not isinstance(chosen, list) or not all(isinstance(key, str) for key in chosen):
        faults.append(f"normalize_observation_keys {json.dumps(chosen)}; it must be a list of strings")
    return faults


def input_paths(
    preprocessor: Any, config: Any, sources: list[str]
) -> tuple[dict[str, InputPath], list[str], list[str]]:
    """By feature of the policy (cameras in the order in which the network takes them, then the state), the
    feature of the dataset that becomes it; what the dataset lacks; and faults of the preprocessor.
    """
    features = {**config.image_features, STATE: config.robot_state_feature}
    misfits: list[str] = []
    faults: list[str] = []
    names = {source: renamed(preprocessor, source) for source in sources}
    paths = {}
    for key, feature in features.items():
        found = [source for source in sources if names[source][-1] == key]
        if len(found) != 1:
            have = ", ".join(f"{s} (renamed to {names[s][-1]})" if names[s][-1] != s else s for s in sources)
            several = f"{' and '.join(found)} are all renamed to it" if found else f"the dataset has {have}"
            misfits.append(f"it takes {key}, {several}")
            continue
        scales, wrong = scales_of(preprocessor, names[found[0]], feature, config)
        faults += wrong
        paths[key] = InputPath(found[0], scales)
    return paths, misfits, faults


def renamed(preprocessor: Any, source: str) -> list[str]:
    """Its name before each step, and last the one that the policy sees."""
    names = [source]
    for step in preprocessor.steps:
        is_rename = isinstance(step, RenameObservationsProcessorStep)
        names.append(step.rename_map.get(names[-1], names[-1]) if is_rename else names[-1])
    return names


def scales_of(
    preprocessor: Any, names: list[str], feature: Any, config: Any
) -> tuple[list[Scale], list[str]]:
    scales, faults, decided = [], [], False
    for step, key in zip(preprocessor.steps, names, strict=False):
        if not isinstance(step, NormalizerProcessorStep):
            continue
        chosen = step.normalize_observation_keys
        if chosen is not None and key not in chosen:
            decided = True  # said in so many words
            continue
        if key not in step.features:
            continue
        mode = mode_of(step, step.features[key].type)
        if mode is None:
            continue
        decided = True
        if mode is IDENTITY:
            continue
        fault = statistics_fault(step, key, mode, tuple(feature.shape))
        if fault:
            faults.append(fault)
        else:
            scales.append(Scale(step, key, mode))
    wanted = config.normalization_mapping.get(feature.type.value, IDENTITY)
    if not decided and wanted is not IDENTITY:
        faults.append(
            f"does not normalise {names[-1]}, but config.json says {wanted.value} for {feature.type.value}: "
            f"add it to a normalizer_processor, or say IDENTITY in both"
        )
    return scales, faults


def action_scales(postprocessor: Any, config: Any) -> tuple[list[Scale], list[str]]:
    """What turns the network's answers into actions, in order; and faults of the postprocessor."""
    scales, faults, decided = [], [], False
    for step in postprocessor.steps:
        if not isinstance(step, UnnormalizerProcessorStep):
            continue
        mode = mode_of(step, FeatureType.ACTION)
        if mode is None:
            continue
        decided = True
        if mode is IDENTITY:
            continue
        fault = statistics_fault(step, ACTION, mode, tuple(config.action_feature.shape))
        if fault:
            faults.append(fault)
        else:
            scales.append(Scale(step, ACTION, mode))
    wanted = config.normalization_mapping.get(FeatureType.ACTION.value, IDENTITY)
    if not decided and wanted is not IDENTITY:
        faults.append(
            f"does not scale actions back, but config.json says {wanted.value} for ACTION: add an "
            "unnormalizer_processor, or say IDENTITY in both"
        )
    return scales, faults
