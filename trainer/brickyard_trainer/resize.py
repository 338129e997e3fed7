"""The one resize: the frame cache, the network and the exported graph all do this, bit for bit.

Separable area resampling with integer weights in 1/256 that sum to 256 on each axis:

    result = floor((Wy . image . Wx^T + 32768) / 65536) as uint8

The largest sum is 255 * 65536 + 32768 < 2^24, so each partial sum is an integer that float32 holds exactly: a
float32 matrix product gives the same bits in any order of summation and in any runtime. torch.interpolate and
the ONNX operator Resize were not taken: each runtime rounds its own way.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

RESIZE_VERSION = 1
"""Part of the key of every cached frame: raise it when a pixel may change."""

ONE = 256


@lru_cache(maxsize=64)
def axis_weights(source: int, target: int) -> np.ndarray:
    """Weights of one axis: int64 (target, source), each row sums to 256.

    A target pixel covers source / target source pixels; a weight is the covered length, rounded by largest
    remainder (ties to the lower index).
    """
    if source < 1 or target < 1:
        raise ValueError(f"an axis of {source} px cannot be resized to {target} px; both must be at least 1")
    weights = np.zeros((target, source), dtype=np.int64)
    for row in range(target):
        # In units of 1/target px, so that all lengths are integers that sum to `source`.
        start, stop = row * source, (row + 1) * source
        first, last = start // target, (stop - 1) // target
        lengths = [min(stop, (k + 1) * target) - max(start, k * target) for k in range(first, last + 1)]
        shares = [divmod(length * ONE, source) for length in lengths]
        missing = ONE - sum(whole for whole, _ in shares)
        by_remainder = sorted(range(len(shares)), key=lambda k: (-shares[k][1], k))
        for k, (whole, _) in enumerate(shares):
            weights[row, first + k] = whole + (k in by_remainder[:missing])
    weights.setflags(write=False)
    return weights


@lru_cache(maxsize=64)
def axis_taps(source: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    """`axis_weights` without zeros: indices and weights, both (taps, target); unused taps weigh 0."""
    weights = axis_weights(source, target)
    used = [np.flatnonzero(row) for row in weights]
    taps = max(len(columns) for columns in used)
    indices = np.zeros((taps, target), dtype=np.intp)
    values = np.zeros((taps, target), dtype=np.uint16)
    for row, columns in enumerate(used):
        indices[:, row] = columns[0]
        indices[: len(columns), row] = columns
        values[: len(columns), row] = weights[row, columns]
    return indices, values


def resize_array(frames: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 (N, H, W, C) to uint8 (N, height, width, C), in integers: what the frame cache stores.

    By taps, not by matrices: at 320x240 to 96x64 only 5 of 240 and 5 of 320 weights of a pixel are not zero.
    """
    count, source_height, source_width, channels = frames.shape
    if (source_height, source_width) == (height, width):
        return frames
    out = np.empty((count, height, width, channels), dtype=np.uint8)
    rows, row_weights = axis_taps(source_height, height)
    columns, column_weights = axis_taps(source_width, width)
    row_weights = row_weights[:, :, None]
    column_weights = column_weights.astype(np.uint32)[:, None, :, None]
    for k in range(count):  # frame by frame: the working set stays in the CPU's cache
        lines = frames[k].reshape(source_height, source_width * channels)
        tall = np.zeros((height, source_width * channels), dtype=np.uint16)  # at most 255 * 256
        for index, weight in zip(rows, row_weights, strict=True):
            tall += lines[index] * weight
        tall = tall.reshape(height, source_width, channels)
        total = np.full((height, width, channels), 32768, dtype=np.uint32)
        for index, weight in zip(columns, column_weights, strict=True):
            total += tall[:, index] * weight[0]
        out[k] = total >> 16
    return out


class AreaResize(torch.nn.Module):
    """The same on tensors of whole numbers 0..255: float (N, C, H, W) to float (N, C, height, width).

    Has no parameters and no state: the weights follow from the sizes. Traces to two MatMul, Add, Mul, Floor.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height = height
        self.width = width

    @torch.no_grad()
    def forward(self, levels: Tensor) -> Tensor:
        source_height, source_width = int(levels.shape[-2]), int(levels.shape[-1])
        if (source_height, source_width) == (self.height, self.width):
            return levels
        # TF32 keeps 11 bits of a factor, too few for the second product; autocast keeps 8.
        dtype = torch.float64 if levels.is_cuda else torch.float32
        with torch.autocast(levels.device.type, enabled=False):
            rows = torch.tensor(axis_weights(source_height, self.height), dtype=dtype, device=levels.device)
            columns = torch.tensor(
                axis_weights(source_width, self.width).T.copy(), dtype=dtype, device=levels.device
            )
            total = torch.matmul(torch.matmul(rows, levels.to(dtype)), columns)
            return torch.floor((total + 32768.0) * (1.0 / 65536.0)).float()
