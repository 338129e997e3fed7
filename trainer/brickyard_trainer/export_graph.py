"""A checkpoint as ONNX graphs: raw uint8 frames and raw state in, raw actions out.

Opset 17, traced (dynamo=False): lerobot's ACT loops over picture tokens, which tracing unrolls for the fixed
size.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from lerobot.configs.policies import PreTrainedConfig
from lerobot.configs.types import FeatureType
from lerobot.policies.factory import get_policy_class, make_pre_post_processors
from lerobot.processor import NormalizerProcessorStep, UnnormalizerProcessorStep
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

import lerobot_policy_act_small  # noqa: F401 - registers act_small

from .dataset_index import ACTION, STATE, DatasetIndex
from .durable import read_json
from .errors import InputError
from .resize import AreaResize

OPSET = 17
EXPORTABLE = ("act", "act_small")
SMALLEST_HALVED = 256
"""Weights with fewer numbers stay float32: nothing to gain."""


@dataclass
class Checkpoint:
    """A trained policy with its own processors, on the CPU, in eval mode."""

    folder: Path
    policy: nn.Module
    config: Any
    preprocessor: Any
    postprocessor: Any
    cameras: list[str]
    """In the order in which the network takes them."""
    network_sizes: dict[str, tuple[int, int]]
    """height, width of the picture that the network takes."""


def load_checkpoint(folder: str | Path, index: DatasetIndex) -> Checkpoint:
    """Reads pretrained_model/ as lerobot writes it; safetensors and JSON only.

    Raises InputError where the policy is none that can be exported, or the dataset lacks what it takes.
    """
    folder = Path(folder).expanduser().resolve()
    try:
        kind = read_json(folder / "config.json")["type"]
    except (InputError, KeyError) as error:
        raise InputError(
            f"{folder} is no pretrained_model folder: its config.json names no policy"
        ) from error
    if kind not in EXPORTABLE:
        raise InputError(f"{folder} is a {kind} policy; only {' and '.join(EXPORTABLE)} can be exported")
    config = PreTrainedConfig.from_pretrained(folder)
    config.device = "cpu"
    if hasattr(config, "pretrained_backbone_weights"):
        config.pretrained_backbone_weights = None  # they are in the checkpoint; a name would be downloaded
    check_features(folder, config, index)
    try:
        policy = get_policy_class(kind).from_pretrained(folder, config=config, strict=True)
        preprocessor, postprocessor = make_pre_post_processors(
            config,
            pretrained_path=str(folder),
            preprocessor_overrides={"device_processor": {"device": "cpu"}},
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise InputError(f"{folder} cannot be loaded: {str(error).strip().splitlines()[0]}") from error
    cameras = list(config.image_features)
    sizes = {key: network_size(config, key) for key in cameras}
    return Checkpoint(folder, policy.eval(), config, preprocessor, postprocessor, cameras, sizes)


def network_size(config: Any, camera: str) -> tuple[int, int]:
    """act_small resizes by itself; ACT takes the size that it was trained on."""
    if config.type == "act_small":
        return config.input_height_px, config.input_width_px
    return tuple(config.input_features[camera].shape[1:])


def check_features(folder: Path, config: Any, index: DatasetIndex) -> None:
    faults = [
        f"camera {key}, the dataset has {', '.join(index.camera_keys)}"
        for key in config.image_features
        if key not in index.camera_keys
    ]
    if not config.image_features:
        faults.append("no camera at all, which a policy folder needs")
    if config.robot_state_feature is None:
        faults.append(f"no {STATE}, which a policy folder needs")
    elif config.robot_state_feature.shape[0] != index.state.shape[1]:
        faults.append(
            f"{config.robot_state_feature.shape[0]} state values, the dataset has {index.state.shape[1]}"
        )
    if config.env_state_feature is not None:
        faults.append("observation.environment_state, which a policy folder cannot carry")
    if config.action_feature.shape[0] != index.action.shape[1]:
        faults.append(f"{config.action_feature.shape[0]} actions, the dataset has {index.action.shape[1]}")
    if faults:
        raise InputError(
            f"the policy {folder} does not fit the dataset {index.root}: it takes {'; '.join(faults)}"
        )


def action_range(index: DatasetIndex) -> tuple[float, float]:
    """Bounds to clamp to: [-1, 1] where all actions of the dataset are within, else their extremes."""
    low, high = float(index.action.min()), float(index.action.max())
    return (-1.0, 1.0) if low >= -1 and high <= 1 else (low, high)


class Scale(nn.Module):
    """x * factor + offset and its reverse, for one feature of a lerobot (un)normaliser; both exist in the
    graph.
    """

    def __init__(self, step: Any, key: str, kind: FeatureType) -> None:
        super().__init__()
        self.mode = str(getattr(step.norm_map.get(kind), "value", "IDENTITY"))
        stats = step._tensor_stats.get(key)
        if self.mode == "IDENTITY" or stats is None:
            self.mode, stats = "IDENTITY", {}
        elif self.mode not in ("MEAN_STD", "MIN_MAX"):
            raise InputError(
                f"{key} is normalised by {self.mode}; the export knows MEAN_STD, MIN_MAX and IDENTITY"
            )
        self.eps = float(step.eps)
        for name, value in stats.items():
            if name in ("mean", "std", "min", "max"):
                self.register_buffer(name, value.detach().clone().float())

    def normalise(self, x: Tensor) -> Tensor:
        if self.mode == "MEAN_STD":
            return (x - self.mean) / (self.std + self.eps)
        return 2 * (x - self.min) / self.width() - 1 if self.mode == "MIN_MAX" else x

    def unnormalise(self, x: Tensor) -> Tensor:
        if self.mode == "MEAN_STD":
            return x * self.std + self.mean
        return (x + 1) / 2 * self.width() + self.min if self.mode == "MIN_MAX" else x

    def width(self) -> Tensor:
        width = self.max - self.min
        return torch.where(width == 0, torch.full_like(width, self.eps), width)


def step_of(pipeline: Any, kind: type) -> Any:
    for step in pipeline.steps:
        if isinstance(step, kind):
            return step
    raise InputError(f"the checkpoint's processor has no {kind.__name__}, so its normalisation is not known")


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
        self.cameras = checkpoint.cameras
        step = step_of(checkpoint.preprocessor, NormalizerProcessorStep)
        self.scales = nn.ModuleList([Scale(step, key, FeatureType.VISUAL) for key in self.cameras])

    def forward(self, *inputs: Tensor) -> Tensor:
        *pictures, state = inputs
        images = [
            scale.normalise(picture.permute(0, 3, 1, 2).float() / 255.0)
            for scale, picture in zip(self.scales, pictures, strict=True)
        ]
        return self.model({STATE: state, "observation.images": images})[0]


class PolicyGraph(nn.Module):
    """What the policy folder promises: raw frames and state to raw, clamped actions."""

    def __init__(self, checkpoint: Checkpoint, bounds: tuple[float, float]) -> None:
        super().__init__()
        self.network = NetworkGraph(checkpoint)
        self.resizes = nn.ModuleList([AreaResize(*checkpoint.network_sizes[k]) for k in checkpoint.cameras])
        self.state = Scale(
            step_of(checkpoint.preprocessor, NormalizerProcessorStep), STATE, FeatureType.STATE
        )
        step = step_of(checkpoint.postprocessor, UnnormalizerProcessorStep)
        self.action = Scale(step, ACTION, FeatureType.ACTION)
        self.bounds = bounds

    def forward(self, *inputs: Tensor) -> Tensor:
        *frames, state = inputs
        pictures = [
            resize(frame.permute(0, 3, 1, 2).float()).permute(0, 2, 3, 1)
            for resize, frame in zip(self.resizes, frames, strict=True)
        ]
        actions = self.network(*pictures, self.state.normalise(state))
        return self.action.unnormalise(actions).clamp(*self.bounds)


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
