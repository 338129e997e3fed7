"""From a checkpoint to a policy folder: graph, golden pairs, parity, and policy.json."""

import json
import os
import platform
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from . import parity
from .checkpoint_loading import Checkpoint, load_checkpoint
from .dataset_index import STATE, DatasetIndex
from .driven_parity import driven_difference
from .durable import read_json, sync_folder, sync_tree
from .errors import InputError
from .export_graph import (
    OPSET,
    NetworkGraph,
    PolicyGraph,
    ResizeGraph,
    action_range,
    round_weights_to_float16,
    store_float16,
    to_onnx,
)
from .golden import sha256, write_golden

FRAMES = 200
PRECISIONS = ("float32", "float16")
VERSIONED = ("lerobot", "torch", "onnx", "onnxruntime", "numpy")


def export_policy(
    checkpoint_dir: str | Path,
    index: DatasetIndex,
    out_dir: str | Path,
    *,
    precision: str = "float32",
    frames: int = FRAMES,
    parity_dump: str | Path | None = None,
    command: str = "",
    loss: float | None = None,
) -> dict[str, Any]:
    """Writes the policy folder `out_dir`, which must not exist, by a rename; returns its policy.json.

    `checkpoint_dir` is a pretrained_model folder. Raises ParityError, and writes nothing, where the graph
    disagrees with PyTorch; InputError where the checkpoint or the dataset do not fit.
    """
    out = Path(out_dir)
    if out.exists():
        raise InputError(f"{out} exists; name another folder or remove it")
    if precision not in PRECISIONS:
        raise InputError(f"precision is {precision!r}; there are {' and '.join(PRECISIONS)}")
    if frames < 1:
        raise InputError(f"--frames is {frames}; it must be at least 1")
    checkpoint = load_checkpoint(checkpoint_dir, index)
    if checkpoint.config.use_amp:
        warn("use_amp is true: lerobot-eval rounds this policy to half precision, a policy folder does not")
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".tmp", dir=out.parent))
    try:
        contract = fill_folder(temporary, checkpoint, index, precision, frames, parity_dump, command, loss)
        temporary.chmod(0o755)
        sync_tree(temporary)
        os.rename(temporary, out)
        sync_folder(out.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return contract


def fill_folder(
    folder: Path,
    checkpoint: Checkpoint,
    index: DatasetIndex,
    precision: str,
    frames: int,
    parity_dump: str | Path | None,
    command: str,
    loss: float | None,
) -> dict[str, Any]:
    bounds = action_range(index)
    inputs = parity.parity_inputs(index, checkpoint.cameras, frames)
    figures: dict[str, Any] = {}
    trained = None
    if precision == "float16":
        trained = parity.reference(checkpoint, inputs, bounds)
        round_weights_to_float16(checkpoint.policy)
    wanted = parity.reference(checkpoint, inputs, bounds)
    if trained is not None:
        # How much the rounding of the weights changed; the figures below are of the graph against these
        # weights.
        figures["float16_vs_trained_weights"] = {
            "frames": len(inputs.rows),
            "resize": 0.0,
            "network": parity.largest(wanted.network_actions, trained.network_actions),
            "end_to_end": parity.largest(wanted.actions, trained.actions),
        }
    with tempfile.TemporaryDirectory() as scratch:
        network, resizes = write_graphs(folder, Path(scratch), checkpoint, index, bounds, precision)
        measured = parity.measure(inputs, wanted, folder / "policy.onnx", network, resizes)
        driven = driven_difference(checkpoint, index, folder / "policy.onnx", bounds)
        measured["end_to_end"] = max(measured["end_to_end"], driven)
        parity.check(measured, bounds)
        if not index.made_by_brickyard and (said := parity.clamp_warning(wanted, bounds)) is not None:
            warn(said)
        if (said := parity.warning(measured)) is not None:
            warn(said)
        figures["pytorch_vs_onnxruntime_python"] = measured
        # The command that started this compares in its own runtime; it finds each dump by the graph's hash.
        if parity_dump is None and "BRICKYARD_PARITY_DUMP" in os.environ:
            parity_dump = Path(os.environ["BRICKYARD_PARITY_DUMP"]) / sha256(folder / "policy.onnx")
        if parity_dump is not None:
            parity.write_dump(Path(parity_dump), checkpoint.cameras, inputs, wanted, network, resizes)
    golden = write_golden(folder / "golden", checkpoint, index, bounds)
    contract = describe(folder, checkpoint, index, bounds, precision, golden, figures, command, loss)
    (folder / "policy.json").write_text(
        json.dumps(contract, indent=2, allow_nan=False) + "\n", encoding="utf-8"
    )
    return contract


def write_graphs(
    folder: Path,
    scratch: Path,
    checkpoint: Checkpoint,
    index: DatasetIndex,
    bounds: tuple[float, float],
    precision: str,
) -> tuple[Path, dict[str, Path]]:
    """policy.onnx into `folder`; network and resizes alone, which only parity needs, into `scratch`."""
    state = torch.zeros(2, index.state.shape[1])
    raw = [torch.zeros(2, *index.camera_shapes[k][:2], 3, dtype=torch.uint8) for k in checkpoint.cameras]
    small = [torch.zeros(2, *checkpoint.network_sizes[k], 3, dtype=torch.uint8) for k in checkpoint.cameras]
    names = [*checkpoint.cameras, STATE]
    network = scratch / "network.onnx"
    to_onnx(PolicyGraph(checkpoint, bounds), [*raw, state], names, "action", folder / "policy.onnx")
    to_onnx(NetworkGraph(checkpoint), [*small, state], names, "action", network)
    resizes = {}
    for number, camera in enumerate(checkpoint.cameras):
        resizes[camera] = scratch / f"resize.{number}.onnx"
        graph = ResizeGraph(checkpoint.network_sizes[camera])
        to_onnx(graph, [raw[number]], [camera], "resized", resizes[camera])
    if precision == "float16":
        for path in (folder / "policy.onnx", network):
            store_float16(path)
    return network, resizes


def describe(
    folder: Path,
    checkpoint: Checkpoint,
    index: DatasetIndex,
    bounds: tuple[float, float],
    precision: str,
    golden: dict[str, Any],
    figures: dict[str, Any],
    command: str,
    loss: float | None,
) -> dict[str, Any]:
    """policy.json, as policy/contract.ts reads it."""
    config, onnx_path = checkpoint.config, folder / "policy.onnx"
    return {
        "contract": 1,
        "type": config.type,
        "fps": index.fps,
        "chunk": config.chunk_size,
        "action_steps": config.n_action_steps,
        **(
            {}
            if config.temporal_ensemble_coeff is None
            else {"temporal_ensemble": config.temporal_ensemble_coeff}
        ),
        "inputs": {
            "images": [
                {"name": key, "dtype": "uint8", "shape": [*index.camera_shapes[key][:2], 3]}
                for key in checkpoint.cameras
            ],
            "state": {
                "name": STATE,
                "dtype": "float32",
                "shape": [len(index.state_names)],
                "names": index.state_names,
            },
        },
        "output": {
            "name": "action",
            "dtype": "float32",
            "shape": [config.chunk_size, len(index.action_names)],
            "names": index.action_names,
            "range": list(bounds),
        },
        "onnx": {
            "file": onnx_path.name,
            "sha256": sha256(onnx_path),
            "bytes": onnx_path.stat().st_size,
            "opset": OPSET,
            "precision": precision,
        },
        "golden": golden,
        "dataset": {
            "name": index.root.name,
            "fingerprint": index.fingerprint,
            "made_by_brickyard": index.made_by_brickyard,
            "episodes": len(index.episodes),
            "frames": index.frames,
            "rendering_stack": rendering_stack(index),
        },
        "training": training_of(checkpoint, loss),
        "parity": figures,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
        "command": command,
    }


def rendering_stack(index: DatasetIndex) -> dict[str, Any] | None:
    """Of the dataset's last run; None for data that others made."""
    if not index.made_by_brickyard:
        return None
    runs = (index.metadata or {}).get("runs") or [{}]
    stack = runs[-1].get("rendering_stack")
    return stack if isinstance(stack, dict) else None


def training_of(checkpoint: Checkpoint, loss: float | None) -> dict[str, Any]:
    """From lerobot's own files and the path RUN/checkpoints/NNNNNN/pretrained_model."""
    folder = checkpoint.folder
    step_file = read_optional(folder.parent / "training_state" / "training_step.json")
    in_checkpoints = folder.parent.parent.name == "checkpoints"
    name = folder.parent.name
    step = step_file.get("step", int(name) if in_checkpoints and name.isdigit() else 0)
    seed = read_optional(folder / "train_config.json").get("seed")
    run = folder.parent.parent.parent if in_checkpoints else folder.parent
    return {
        "run": run.name or "unknown",
        "step": int(step),
        "loss": loss,
        "parameters": sum(p.numel() for p in checkpoint.policy.parameters()),
        "seed": seed if isinstance(seed, int) else None,
    }


def warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr, flush=True)


def read_optional(path: Path) -> dict[str, Any]:
    try:
        value = read_json(path)
    except InputError:
        return {}
    return value if isinstance(value, dict) else {}
