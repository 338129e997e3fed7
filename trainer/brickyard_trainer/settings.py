"""The command line and conf/ as one resolved configuration, by Hydra's compose API.

Not @hydra.main: it changes folders, writes files of its own and prints its tracebacks.
"""

import difflib
import re
from dataclasses import fields
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from .errors import InputError

CONF = Path(__file__).resolve().parent.parent / "conf"
GROUPS = ("policy", "data", "env", "hardware", "experiment")
OWN_POLICY_KEYS = ("input_height_px", "input_width_px", "freeze_backbone")
"""Of the group `policy`, those that are ours whatever the policy's own configuration has."""


def composed(overrides: list[str]) -> DictConfig:
    """The configuration that `overrides` ask for; interpolations are not resolved yet.

    Raises:
        InputError: an override that does not parse, or a key or a file of a group that does not exist.
    """
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return with_mandatory(compose("config", overrides=overrides), overrides)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(explained(str(error), overrides)) from None


def with_mandatory(config: DictConfig, overrides: list[str]) -> DictConfig:
    """An experiment's `???` over what is null, which OmegaConf leaves when it merges."""
    for choice in (text.split("=", 1)[1] for text in overrides if key_of(text) == "experiment"):
        path = CONF / "experiment" / f"{choice}.yaml"
        asked = flat(OmegaConf.to_container(OmegaConf.load(path))) if path.is_file() else {}
        for key in (key for key, value in asked.items() if value == "???"):
            if OmegaConf.select(config, key) is None:
                OmegaConf.update(config, key, "???")
    return config


def key_of(override: str) -> str:
    return override.split("=", 1)[0].lstrip("+~")


def resolved(config: DictConfig, allow_missing: bool = False) -> dict:
    """Plain dictionaries and lists.

    Raises:
        InputError: a mandatory value that was not given, or an interpolation of nothing.
    """
    missing = [] if allow_missing else sorted(OmegaConf.missing_keys(config))
    if missing:
        raise InputError(
            f"{listed(missing)} must be given: add {' '.join(f'{key}=VALUE' for key in missing)}"
        )
    try:
        return OmegaConf.to_container(config, resolve=not allow_missing, throw_on_missing=False)
    except OmegaConfBaseException as error:
        raise InputError(first_line(str(error))) from None


def flat(tree: dict, prefix: str = "") -> dict[str, object]:
    """{'training.lr': 1e-4, …}; lists and empty dictionaries are leaves."""
    out: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            out.update(flat(value, f"{prefix}{key}."))
        else:
            out[prefix + key] = value
    return out


def explained(message: str, overrides: list[str]) -> str:
    """Hydra's complaint in one sentence, with the nearest key there is."""
    known = sorted(flat(OmegaConf.to_container(base_config(), resolve=False)))
    match = re.search(r"Could not override '([^']+)'", message)
    if match:
        return unknown_key(match.group(1), known)
    group = re.search(r"(?:Could not find|In '[^']*': Could not find) '?([\w/]+)/([\w.-]+)'?", message)
    if group and group.group(1) in GROUPS:
        return unknown_choice(group.group(1), group.group(2))
    for override in overrides:
        if "=" not in override:
            return f"{override!r} is no override; write key=value, e.g. training.steps=1000"
    return first_line(message)


def base_config() -> DictConfig:
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config")


def unknown_key(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    near = near or [name for name in known if name.split(".")[-1] == key.split(".")[-1]][:1]
    meant = f"did you mean {near[0]}?" if near else "--cfg job lists the keys;"
    return f"the key {key} does not exist; {meant} (+{key}=VALUE adds a new one)"


def unknown_choice(group: str, choice: str) -> str:
    choices = sorted(path.stem for path in (CONF / group).glob("*.yaml"))
    near = difflib.get_close_matches(choice, choices, n=1, cutoff=0.5)
    meant = f"; did you mean {group}={near[0]}? There are" if near else "; there are"
    return f"{group}={choice} does not exist{meant} {', '.join(choices)}"


def check_values(config: dict) -> None:
    """Raises InputError with every value that cannot work, before anything is made."""
    training, data, hardware = config["training"], config["data"], config["hardware"]
    faults = []
    if (training["epochs"] is None) == (training["steps"] is None):
        faults.append(
            f"training.epochs is {training['epochs']} and training.steps is {training['steps']}; "
            "give exactly one and set the other to null"
        )
    at_least = {
        "training.epochs": (training["epochs"], 1),
        "training.steps": (training["steps"], 1),
        "training.batch_size": (training["batch_size"], 1),
        "training.accumulate": (training["accumulate"], 1),
        "training.log_every": (training["log_every"], 1),
        "training.warmup_steps": (training["warmup_steps"], 0),
        "training.validation_batches": (training["validation_batches"], 1),
        "checkpoint.keep_last": (config["checkpoint"]["keep_last"], 1),
        "checkpoint.every_epochs": (config["checkpoint"]["every_epochs"], 1),
        "checkpoint.every_steps": (config["checkpoint"]["every_steps"], 1),
        "hardware.threads": (hardware["threads"], 1),
        "hardware.prefetch": (hardware["prefetch"], 0),
        "seed": (config["seed"], 0),
    }
    for key, (value, least) in at_least.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            faults.append(f"{key} is {value!r}; it must be a whole number of at least {least}")
    above_zero = {
        "training.lr": training["lr"],
        "training.max_minutes": training["max_minutes"],
        "checkpoint.every_minutes": config["checkpoint"]["every_minutes"],
        "report.every_minutes": config["report"]["every_minutes"],
    }
    for key, value in above_zero.items():
        if value is not None and (not isinstance(value, int | float) or not value > 0):
            faults.append(f"{key} is {value!r}; it must be a number above 0")
    if caches_features(config) and data["augmentation"]:
        faults.append(
            "policy.freeze_backbone computes each frame's features once, and data.augmentation would change "
            "them in every batch: set one of the two to false, or data.feature_cache=false"
        )
    if not isinstance(data["holdout"], int | float) or not 0 <= data["holdout"] < 1:
        faults.append(f"data.holdout is {data['holdout']!r}; it must be a share from 0 to below 1")
    choices = {
        "training.schedule": (training["schedule"], ("constant", "cosine")),
        "checkpoint.export": (config["checkpoint"]["export"], ("all", "final", "none")),
        "hardware.device": (hardware["device"], ("cpu", "cuda")),
        "hardware.precision": (hardware["precision"], ("float32", "bf16")),
        "wandb.mode": (config["wandb"]["mode"], ("online", "offline", "disabled")),
    }
    for key, (value, allowed) in choices.items():
        if value not in allowed:
            faults.append(f"{key} is {value!r}; it must be one of {', '.join(allowed)}")
    switches = {
        "policy.freeze_backbone": config["policy"].get("freeze_backbone", False),
        "data.feature_cache": data.get("feature_cache", True),
        "data.augmentation": data["augmentation"],
    }
    faults += [
        f"{key} is {value!r}; it must be true or false"
        for key, value in switches.items()
        if not isinstance(value, bool)
    ]
    if faults:
        raise InputError("; ".join(faults))


def freezes_backbone(config: dict) -> bool:
    """Runs of earlier versions do not have the key."""
    return bool(config["policy"].get("freeze_backbone"))


def caches_features(config: dict) -> bool:
    return freezes_backbone(config) and config["data"].get("feature_cache", True)


def policy_arguments(policy: dict, config_class: type) -> dict:
    """What of the group `policy` the policy's configuration class takes.

    Raises:
        InputError: a key that the class does not have.
    """
    known = {field.name for field in fields(config_class)}
    given = {key: value for key, value in policy.items() if key != "type"}
    unknown = sorted(set(given) - known - set(OWN_POLICY_KEYS))
    if unknown:
        key = f"policy.{unknown[0]}"
        near = difflib.get_close_matches(unknown[0], sorted(known | set(OWN_POLICY_KEYS)), n=1, cutoff=0.5)
        meant = f"; did you mean policy.{near[0]}?" if near else ""
        raise InputError(f"{key} is no setting of {policy['type']}{meant}")
    return {key: value for key, value in given.items() if key in known}


def listed(names: list[str]) -> str:
    return ", ".join(names)


def first_line(text: str) -> str:
    return next(
        (line.strip() for line in text.splitlines() if line.strip()), "the configuration is not valid"
    )
