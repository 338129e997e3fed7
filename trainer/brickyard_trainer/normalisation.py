"""lerobot's normalisation as modules of a graph: one `Scale` each time that a step scales a feature."""

from typing import Any

import torch
from lerobot.configs.types import FeatureType, NormalizationMode
from torch import Tensor, nn

ENDS = {
    NormalizationMode.MIN_MAX: ("min", "max"),
    NormalizationMode.QUANTILES: ("q01", "q99"),
    NormalizationMode.QUANTILE10: ("q10", "q90"),
}
"""Statistics that become -1 and 1."""
WANTED = {NormalizationMode.MEAN_STD: ("mean", "std"), **ENDS}
IDENTITY = NormalizationMode.IDENTITY


class Scale(nn.Module):
    """x * factor + offset and its reverse, by the statistics of one step for one feature."""

    def __init__(self, step: Any, key: str, mode: NormalizationMode) -> None:
        super().__init__()
        self.mode = mode
        self.eps = float(step.eps)
        for name in WANTED[mode]:
            self.register_buffer(name, step._tensor_stats[key][name].detach().clone().float())

    def normalise(self, x: Tensor) -> Tensor:
        if self.mode is NormalizationMode.MEAN_STD:
            return (x - self.mean) / (self.std + self.eps)
        return 2 * (x - self.low()) / self.width() - 1

    def unnormalise(self, x: Tensor) -> Tensor:
        if self.mode is NormalizationMode.MEAN_STD:
            return x * self.std + self.mean
        return (x + 1) / 2 * self.width() + self.low()

    def low(self) -> Tensor:
        return getattr(self, ENDS[self.mode][0])

    def width(self) -> Tensor:
        width = getattr(self, ENDS[self.mode][1]) - self.low()
        return torch.where(width == 0, torch.full_like(width, self.eps), width)


def mode_of(step: Any, kind: FeatureType) -> NormalizationMode | None:
    """None where the step's norm_map does not say; lerobot then leaves values as they are."""
    return step.norm_map.get(kind)


def statistics_fault(step: Any, key: str, mode: NormalizationMode, shape: tuple[int, ...]) -> str | None:
    """Why a step cannot scale `key`, a feature of that shape, as its mode says; None when it can.

    lerobot passes a feature without statistics through unchanged: z-scores would come out as actions.
    """
    stats = step._tensor_stats.get(key)
    if not stats:
        has = ", ".join(sorted(step._tensor_stats)) or "nothing"
        return (
            f"normalises {key} by {mode.value}, but its statistics are of {has}, so that lerobot would leave "
            f"{key} as it is: store them under {key}, or say IDENTITY in norm_map if it was trained like that"
        )
    missing = [name for name in WANTED[mode] if name not in stats]
    if missing:
        return (
            f"normalises {key} by {mode.value}, but its statistics of it have no {' and no '.join(missing)} "
            f"(only {', '.join(sorted(stats))})"
        )
    for name in WANTED[mode]:
        found = tuple(stats[name].shape)
        if not broadcasts(found, shape):
            return f"has {name} of {key} with shape {list(found)}, which does not fit {list(shape)}"
        if not torch.isfinite(stats[name]).all():
            return f"has {name} of {key} that is not finite, as in a model whose statistics were never filled"
    return None


def broadcasts(statistic: tuple[int, ...], feature: tuple[int, ...]) -> bool:
    """Whether a statistic scales a feature without changing its shape; pictures have any height and width."""
    if len(statistic) > len(feature):
        return False
    pairs = list(zip(reversed(statistic), reversed(feature), strict=False))
    if len(feature) == 3:  # only channels may differ
        return all(n == 1 for n, _ in pairs[:2]) and all(n in (1, m) for n, m in pairs[2:])
    return all(n in (1, m) for n, m in pairs)
