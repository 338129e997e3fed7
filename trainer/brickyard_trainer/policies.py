"""The network, its processors, optimizer and schedule, all by lerobot's own factories."""

import sys
from pathlib import Path

import torch
from lerobot.configs.policies import PreTrainedConfig
from lerobot.configs.types import FeatureType, PolicyFeature
from lerobot.optim.optimizers import AdamWConfig
from lerobot.optim.schedulers import CosineDecayWithWarmupSchedulerConfig
from lerobot.policies.factory import get_policy_class, make_policy_config, make_pre_post_processors

import lerobot_policy_act_small  # noqa: F401 - registers act_small

from .checkpoint_config import read_config
from .checkpoint_processors import action_scales, input_paths, open_processors
from .dataset_index import STATE
from .errors import InputError
from .model_weights import load_policy, old_statistics, read_weights
from .settings import policy_arguments

STD_FLOOR = 0.01
"""lerobot divides by std + 1e-8: an almost constant dimension would explode at inference."""

WITHOUT_WEIGHTS = ("n_heads", "feedforward_activation", "replace_final_stride_with_dilation")
"""Settings that change what a network answers, and that the shapes of its weights do not show."""

IMAGENET_MEAN = [0.485, 0.456, 0.406]
IMAGENET_STD = [0.229, 0.224, 0.225]


def policy_config(config: dict, index, cameras: list[str], device: str) -> PreTrainedConfig:
    """lerobot's configuration of the policy for this dataset.

    Raises:
        InputError: settings that the policy does not have or refuses.
    """
    wanted = dict(config["policy"])
    kind = wanted.get("type")
    try:
        config_class = PreTrainedConfig.get_choice_class(kind)
    except (KeyError, ValueError):
        raise InputError(f"policy.type is {kind!r}; there are act and act_small") from None
    arguments = policy_arguments(wanted, config_class)
    training = config["training"]
    arguments |= {"optimizer_lr": training["lr"], "optimizer_lr_backbone": training["lr_backbone"]}
    arguments |= {"optimizer_weight_decay": training["weight_decay"], "device": device, "push_to_hub": False}
    height, width = wanted["input_height_px"], wanted["input_width_px"]
    features = {f"{key}": PolicyFeature(FeatureType.VISUAL, (3, height, width)) for key in cameras}
    if "input_height_px" in arguments:
        # Such a policy resizes by itself, so that stock lerobot can give it the dataset's frames.
        shapes = {key: index.camera_shapes[key] for key in cameras}
        features = {key: PolicyFeature(FeatureType.VISUAL, (3, *shape[:2])) for key, shape in shapes.items()}
    features["observation.state"] = PolicyFeature(FeatureType.STATE, (index.state.shape[1],))
    arguments["input_features"] = features
    arguments["output_features"] = {"action": PolicyFeature(FeatureType.ACTION, (index.action.shape[1],))}
    try:
        return make_policy_config(kind, **arguments)
    except (ValueError, TypeError, NotImplementedError) as error:
        # lerobot says of any plugin's refusal that the type is not available; why is in the cause
        raise InputError(f"policy={kind}: {error.__cause__ or error}") from None


def make_policy(
    made_config: PreTrainedConfig, init_from: Path | None, freeze_backbone: bool = False
) -> torch.nn.Module:
    """A new policy, or one with the weights of a checkpoint of the same network; see `made_or_loaded`.

    The weights of a frozen backbone get no gradient, and the optimizer does not know them.
    """
    if freeze_backbone and init_from is None and not made_config.pretrained_backbone_weights:
        warn("policy.freeze_backbone keeps a picture network of random weights; give training.init_from")
    policy = made_or_loaded(made_config, init_from)
    if freeze_backbone:
        policy.model.backbone.requires_grad_(False)
    return policy


def made_or_loaded(made_config: PreTrainedConfig, init_from: Path | None) -> torch.nn.Module:
    """A new policy, or one with the weights of a checkpoint of the same network.

    Raises:
        InputError: the checkpoint's network is another.
    """
    if init_from is None:
        return get_policy_class(made_config.type)(config=made_config).to(made_config.device)
    started = read_config(init_from)
    if started.type != made_config.type:
        raise InputError(
            f"training.init_from is a checkpoint of {started.type}, but policy.type is {made_config.type}; "
            f"add policy={started.type}"
        )
    other = [key for key in WITHOUT_WEIGHTS if getattr(started, key) != getattr(made_config, key)]
    if other:
        has = " and ".join(f"{key} {getattr(started, key)}" for key in other)
        add = " ".join(f"++policy.{key}={getattr(started, key)}" for key in other)
        raise InputError(
            f"the checkpoint {init_from} does not fit the policy's settings: it has {has}; add {add}"
        )
    made_config.pretrained_backbone_weights = None  # they come with the checkpoint
    # As its processors scale: lerobot-train makes new ones by this when it goes on from what is saved here.
    made_config.normalization_mapping = dict(started.normalization_mapping)
    weights, _ = read_weights(init_from)
    try:
        return load_policy(init_from, made_config, weights)
    except InputError as error:
        raise InputError(f"the checkpoint {init_from} does not fit the policy's settings: {error}") from None


def make_processors(made_config: PreTrainedConfig, index, cameras: list[str], init_from: Path | None):
    """lerobot's pre- and postprocessor; a policy from a checkpoint keeps that one's normalisation.

    Raises:
        InputError: what the checkpoint's processors do is not known, or their statistics are missing.
    """
    if init_from is None:
        return make_pre_post_processors(made_config, dataset_stats=statistics(index, cameras))
    _, old = read_weights(init_from)
    stats = old_statistics(init_from, made_config, old) if old else None
    before, after = open_processors(init_from, made_config, stats)
    _, misfits, wrong_inputs = input_paths(before, made_config, [*index.camera_keys, STATE])
    _, wrong_actions = action_scales(after, made_config)
    if faults := [*misfits, *wrong_inputs, *wrong_actions]:
        raise InputError(f"the checkpoint {init_from} cannot be trained on: {'; '.join(faults)}")
    return before, after


def statistics(index, cameras: list[str]) -> dict[str, dict[str, torch.Tensor]]:
    """Of state and action the dataset's, with a floor; of cameras ImageNet's, as lerobot-train does it."""
    stats: dict[str, dict[str, torch.Tensor]] = {}
    for key in ("observation.state", "action"):
        mean, std = (torch.as_tensor(index.stats[key][name], dtype=torch.float32) for name in ("mean", "std"))
        stats[key] = {"mean": mean, "std": std.clamp(min=STD_FLOOR)}
    for key in cameras:
        mean, std = (torch.tensor(values).reshape(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
        stats[key] = {"mean": mean, "std": std}
    return stats


def make_optimizer(policy: torch.nn.Module, training: dict, steps: int):
    """(optimizer, its lerobot configuration, scheduler or None, its lerobot configuration or None)."""
    optimizer_config = AdamWConfig(
        lr=training["lr"], weight_decay=training["weight_decay"], grad_clip_norm=training["grad_clip_norm"]
    )
    groups = [group for group in policy.get_optim_params() if group["params"]]
    optimizer = optimizer_config.build(groups)
    if training["schedule"] == "constant" and training["warmup_steps"] == 0:
        return optimizer, optimizer_config, None, None
    final_ratio = training["final_lr_ratio"] if training["schedule"] == "cosine" else 1.0
    scheduler_config = CosineDecayWithWarmupSchedulerConfig(
        num_warmup_steps=min(training["warmup_steps"], steps),
        num_decay_steps=steps,
        peak_lr=training["lr"],
        decay_lr=training["lr"] * final_ratio,
    )
    return optimizer, optimizer_config, scheduler_config.build(optimizer, steps), scheduler_config


def apply_settings(optimizer, scheduler, training: dict, lrs: list[float]) -> None:
    """After loading a state: what `allow_change` let through comes from the settings, not from the state."""
    for group, lr in zip(optimizer.param_groups, lrs, strict=True):
        factor = 1.0 if scheduler is None else scheduler.lr_lambdas[0](scheduler.last_epoch)
        group["weight_decay"] = training["weight_decay"]
        group["lr"] = lr * factor
        if scheduler is not None:
            group["initial_lr"] = lr
    if scheduler is not None:
        scheduler.base_lrs = list(lrs)


def warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr, flush=True)
