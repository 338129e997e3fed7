"""Before and after `act_small`: lerobot's own steps with ACT's, on statistics whose deviation has a floor."""

from typing import Any

import torch
from lerobot.policies.act.processor_act import make_act_pre_post_processors
from lerobot.processor import PolicyProcessorPipeline

from .configuration_act_small import ActSmallConfig

FLOORED = ("observation.state", "action")


def make_act_small_pre_post_processors(
    config: ActSmallConfig, dataset_stats: dict[str, dict[str, Any]] | None = None
) -> tuple[PolicyProcessorPipeline, PolicyProcessorPipeline]:
    """lerobot's factory calls this for a new policy; a checkpoint brings its own statistics."""
    stats = None if dataset_stats is None else floored_stats(dataset_stats, config.std_floor)
    return make_act_pre_post_processors(config, dataset_stats=stats)


def floored_stats(stats: dict[str, dict[str, Any]], std_floor: float) -> dict[str, dict[str, Any]]:
    """The statistics with every std of state and action at least `std_floor`."""
    out = {key: dict(value) for key, value in stats.items()}
    for key in FLOORED:
        if key in out and "std" in out[key]:
            out[key]["std"] = torch.as_tensor(out[key]["std"], dtype=torch.float32).clamp(min=std_floor)
    return out
