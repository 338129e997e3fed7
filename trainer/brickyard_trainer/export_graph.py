"""A checkpoint as ONNX graphs: raw uint8 frames and raw state in, raw actions out.

Opset 17, traced (dynamo=False): lerobot's ACT loops over picture tokens, which tracing unrolls for the fixed
size.
"""

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from .checkpoint_loading import Checkpoint
from .dataset_index import STATE, DatasetIndex
from .resize import AreaResize

OPSET = 17
SMALLEST_HALVED = 256
"""Weights with fewer numbers stay float32: nothing to gain."""


def action_range(index: DatasetIndex) -> tuple[float, float]:
    """Bounds to clamp to: [-1, 1] where all actions of the dataset are within, else their extremes."""
    low, high = float(index.action.min()), float(index.action.max())
    return (-1.0, 1.0) if low >= -1 and high <= 1 else (low, high)


class ResizeGraph(nn.Module):
    """uint8 (N, H, W, 3) to uint8 (N, height, width, 3)."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.resize = AreaResize(*size)

    def forward(self, frames: Tensor) -> Tensor:
        return self.resize(frames.permute(0, 3, 1, 2).float()).permute(0, 2, 3, 1).to(torch.uint8)


class NetworkGraph(nn.Module):
    """uint8 pictures of the network's size and normalised state to normalised actions."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.model = checkpoint.policy.model
        self.scales = nn.ModuleList([nn.ModuleList(checkpoint.camera_scales[k]) for k in checkpoint.cameras])

    def forward(self, *inputs: Tensor) -> Tensor:
        *pictures, state = inputs
        images = []
        for scales, picture in zip(self.scales, pictures, strict=True):
            image = picture.permute(0, 3, 1, 2).float() / 255.0
            for scale in scales:
                image = scale.normalise(image)
            images.append(image)
        return self.model({STATE: state, "observation.images": images})[0]


class PolicyGraph(nn.Module):
    """What the policy folder promises: raw frames and state to raw actions. They are clamped, unless whoever
    drives averages them first: the mean of clamped actions is not the clamped mean, which is lerobot's.
    """

    def __init__(self, checkpoint: Checkpoint, bounds: tuple[float, float]) -> None:
        super().__init__()
        self.network = NetworkGraph(checkpoint)
        self.resizes = nn.ModuleList([AreaResize(*checkpoint.network_sizes[k]) for k in checkpoint.cameras])
        self.state = nn.ModuleList(checkpoint.state_scales)
        self.action = nn.ModuleList(checkpoint.action_scales)
        self.bounds = None if checkpoint.temporal_ensemble is not None else bounds

    def forward(self, *inputs: Tensor) -> Tensor:
        *frames, state = inputs
        pictures = [
            resize(frame.permute(0, 3, 1, 2).float()).permute(0, 2, 3, 1)
            for resize, frame in zip(self.resizes, frames, strict=True)
        ]
        for scale in self.state:
            state = scale.normalise(state)
        actions = self.network(*pictures, state)
        for scale in self.action:
            actions = scale.unnormalise(actions)
        return actions if self.bounds is None else actions.clamp(*self.bounds)


def to_onnx(module: nn.Module, inputs: list[Tensor], names: list[str], output: str, path: Path) -> None:
    """Writes the graph; the first axis of all inputs and of the output is dynamic."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer's, on sizes that are fixed on purpose
        torch.onnx.export(
            module.eval(),
            tuple(inputs),
            str(path),
            input_names=names,
            output_names=[output],
            dynamic_axes={name: {0: "batch"} for name in [*names, output]},
            opset_version=OPSET,
            dynamo=False,
        )


def round_weights_to_float16(policy: nn.Module) -> None:
    """In place: what float16 can hold of each large weight, kept as float32."""
    with torch.no_grad():
        for parameter in policy.parameters():
            if parameter.numel() >= SMALLEST_HALVED:
                parameter.copy_(parameter.half().float())


def store_float16(path: Path) -> None:
    """Stores each constant that float16 holds without loss as float16, with a Cast to float32 behind it."""
    model = onnx.load(str(path))
    graph = model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < SMALLEST_HALVED:
            kept.append(tensor)
            continue
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            kept.append(tensor)
            continue
        kept.append(numpy_helper.from_array(half, f"{tensor.name}_float16"))
        casts.append(
            helper.make_node("Cast", [f"{tensor.name}_float16"], [tensor.name], to=TensorProto.FLOAT)
        )
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
