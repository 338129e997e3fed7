"""Makes a policy folder small enough to be a fixture: a real contract and real frames, a made-up policy.

usage: python tiny_policy.py DATASET OUT [EPISODE:FRAME ...]

The graph is what an export's is, in little: resize (mean over the picture's left and right half), scaling and
normalisation inside, raw actions out. The expected actions are numpy's, not the graph's.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pyarrow.parquet as pq
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from torchcodec.decoders import VideoDecoder

CAMERA = "observation.images.ego"
CHUNK = 4
TOLERANCE = 1e-4
DEFAULT_FRAMES = ["0:1", "1:40"]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def weights(numbers: int, actions: int) -> dict[str, np.ndarray]:
    """Fixed numbers: a swapped channel or state moves an action by far more than the tolerance."""
    rng = np.random.default_rng(7)
    return {
        "mean": np.array([0.5, -0.5, 0.1, 1.0][:numbers], np.float32),
        "std": np.array([4.0, 4.0, 1.8, 0.7][:numbers], np.float32),
        "weight": rng.normal(0, 0.2, (6 + numbers, CHUNK * actions)).astype(np.float32),
        "bias": rng.normal(0, 0.05, CHUNK * actions).astype(np.float32),
    }


def expected_actions(frame: np.ndarray, state: np.ndarray, w: dict[str, np.ndarray]) -> np.ndarray:
    half = frame.shape[1] // 2
    scaled = frame.astype(np.float64) / 255
    means = np.concatenate([scaled[:, :half].mean((0, 1)), scaled[:, half:].mean((0, 1))])
    features = np.concatenate([means, (state - w["mean"]) / w["std"]])
    return np.clip(features @ w["weight"] + w["bias"], -1, 1).reshape(CHUNK, -1)


def graph(height: int, width: int, numbers: int, actions: int, w: dict[str, np.ndarray]) -> onnx.ModelProto:
    half = width // 2
    constants = {
        **w,
        "scale": np.array(255, np.float32),
        "from_left": np.array([0], np.int64),
        "to_left": np.array([half], np.int64),
        "to_right": np.array([width], np.int64),
        "width_axis": np.array([2], np.int64),
        "chunk_shape": np.array([-1, CHUNK, actions], np.int64),
        "low": np.array(-1, np.float32),
        "high": np.array(1, np.float32),
    }
    node = helper.make_node
    nodes = [
        node("Cast", [CAMERA], ["float_frame"], to=TensorProto.FLOAT),
        node("Div", ["float_frame", "scale"], ["frame"]),
        node("Slice", ["frame", "from_left", "to_left", "width_axis"], ["left"]),
        node("Slice", ["frame", "to_left", "to_right", "width_axis"], ["right"]),
        node("ReduceMean", ["left"], ["left_mean"], axes=[1, 2], keepdims=0),
        node("ReduceMean", ["right"], ["right_mean"], axes=[1, 2], keepdims=0),
        node("Sub", ["observation.state", "mean"], ["centred"]),
        node("Div", ["centred", "std"], ["normal_state"]),
        node("Concat", ["left_mean", "right_mean", "normal_state"], ["features"], axis=1),
        node("Gemm", ["features", "weight", "bias"], ["flat"]),
        node("Reshape", ["flat", "chunk_shape"], ["unclamped"]),
        node("Clip", ["unclamped", "low", "high"], ["action"]),
    ]
    value = helper.make_tensor_value_info
    inputs = [
        value(CAMERA, TensorProto.UINT8, ["N", height, width, 3]),
        value("observation.state", TensorProto.FLOAT, ["N", numbers]),
    ]
    outputs = [value("action", TensorProto.FLOAT, ["N", CHUNK, actions])]
    initializers = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    made = helper.make_graph(nodes, "tiny", inputs, outputs, initializers)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def main() -> None:
    dataset, out = Path(sys.argv[1]), Path(sys.argv[2])
    chosen = [tuple(map(int, pair.split(":"))) for pair in sys.argv[3:] or DEFAULT_FRAMES]
    info = json.loads((dataset / "meta/info.json").read_text())
    metadata = json.loads((dataset / "metadata.json").read_text())
    rows = pq.read_table(dataset / "meta/episodes").to_pylist()
    data = pq.read_table(dataset / "data")
    states = np.array(data["observation.state"].to_pylist(), np.float32)
    executed = np.array(data["executed_action"].to_pylist(), np.float32)
    height, width, _ = info["features"][CAMERA]["shape"]
    names = info["features"]["observation.state"]["names"]
    action_names = info["features"]["action"]["names"]
    w = weights(len(names), len(action_names))
    (out / "golden").mkdir(parents=True, exist_ok=True)

    pairs = []
    for number, (episode, frame) in enumerate(chosen):
        row = rows[episode]
        at = row["dataset_from_index"] + frame
        chunk, file = row[f"videos/{CAMERA}/chunk_index"], row[f"videos/{CAMERA}/file_index"]
        video = f"chunk-{chunk:03d}/file-{file:03d}.mp4"
        decoder = VideoDecoder(str(dataset / "videos" / CAMERA / video), dimension_order="NHWC")
        second = row[f"videos/{CAMERA}/from_timestamp"] + (frame + 0.25) / info["fps"]
        pixels = decoder.get_frame_played_at(second).data.numpy()
        path = out / "golden" / f"{number:02d}.png"
        Image.fromarray(pixels).save(path, optimize=True)
        actions = executed[row["dataset_from_index"] : at]
        pairs.append(
            {
                "episode": episode,
                "frame": frame,
                "replay": {"start": json.loads(row["start"]), "executed_actions": actions.tolist()},
                "images": [{"file": path.name, "sha256": sha256(path.read_bytes())}],
                "state": states[at].tolist(),
                "expected": expected_actions(pixels, states[at], w).tolist(),
            }
        )
    golden = json.dumps({"tolerance": TOLERANCE, "pairs": pairs}).encode()
    (out / "golden/pairs.json").write_bytes(golden)

    model = graph(height, width, len(names), len(action_names), w).SerializeToString()
    (out / "policy.onnx").write_bytes(model)
    zero_parity = {"frames": len(pairs), "resize": 0, "network": 0, "end_to_end": 0}
    policy = {
        "contract": 1,
        "type": "tiny",
        "fps": info["fps"],
        "chunk": CHUNK,
        "action_steps": CHUNK,
        "inputs": {
            "images": [{"name": CAMERA, "dtype": "uint8", "shape": [height, width, 3]}],
            "state": {
                "name": "observation.state",
                "dtype": "float32",
                "shape": [len(names)],
                "names": names,
            },
        },
        "output": {
            "name": "action",
            "dtype": "float32",
            "shape": [CHUNK, len(action_names)],
            "names": action_names,
            "range": [-1, 1],
        },
        "onnx": {
            "file": "policy.onnx",
            "sha256": sha256(model),
            "bytes": len(model),
            "opset": 17,
            "precision": "float32",
        },
        "golden": {"sha256": sha256(golden), "pairs": len(pairs)},
        "dataset": {
            "name": "tiny",
            "fingerprint": metadata["fingerprint"]["sha256"],
            "made_by_brickyard": True,
            "episodes": info["total_episodes"],
            "frames": info["total_frames"],
            "rendering_stack": metadata["runs"][-1]["rendering_stack"],
        },
        "training": {
            "run": "none",
            "step": 0,
            "loss": None,
            "parameters": int(w["weight"].size),
            "seed": None,
        },
        "parity": {"pytorch_vs_onnxruntime_python": zero_parity},
        "versions": {"onnx": onnx.__version__},
        "command": "tiny_policy.py",
    }
    (out / "policy.json").write_text(json.dumps(policy, indent=2) + "\n")


if __name__ == "__main__":
    main()
