"""Changes of the pictures in training: light, colour and a few pixels of shift, drawn for each picture alone.

Only what a policy must not care about. Flips and rotations are left out: the actions would have to turn as
well.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class AugmentationOptions:
    """Largest change each way; factors are drawn evenly from 1 - x to 1 + x."""

    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    shift: float = 0.03
    """Of the picture's width and height; the edge is repeated."""


DEFAULTS = AugmentationOptions()


class Augmentation:
    """Pictures float (B, 3, H, W) in 0..1 to the same, by a generator on the pictures' device and nothing
    else.
    """

    def __init__(self, options: AugmentationOptions = DEFAULTS) -> None:
        self.options = options

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        options = self.options

        def draw(largest: float) -> Tensor:
            size = (len(pictures), 1, 1, 1)
            return (torch.rand(size, generator=generator, device=pictures.device) * 2 - 1) * largest

        out = pictures * (1 + draw(options.brightness))
        mean = luma(out).mean(dim=(2, 3), keepdim=True)
        out = mean + (out - mean) * (1 + draw(options.contrast))
        grey = luma(out)
        out = grey + (out - grey) * (1 + draw(options.saturation))
        return shifted(out, draw(options.shift).flatten(), draw(options.shift).flatten()).clamp(0.0, 1.0)


def luma(pictures: Tensor) -> Tensor:
    weights = torch.tensor(LUMA, device=pictures.device, dtype=pictures.dtype).view(1, 3, 1, 1)
    return (pictures * weights).sum(dim=1, keepdim=True)


def shifted(pictures: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Moved by whole pixels: shares of width and height, rounded."""
    count, _, height, width = pictures.shape
    device = pictures.device
    columns = (torch.arange(width, device=device) - (right * width).round().long()[:, None]).clamp(
        0, width - 1
    )
    rows = (torch.arange(height, device=device) - (down * height).round().long()[:, None]).clamp(
        0, height - 1
    )
    which = torch.arange(count, device=device)[:, None, None]
    return pictures.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
