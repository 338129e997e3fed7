"""Copies a policy folder with one thing made wrong and every hash made right: what an evaluation must refuse.

usage: python mutate_policy.py POLICY OUT normalisation|channels|state-order|fps|chunk|camera
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

STATE = "observation.state"


def before_input(
    model: onnx.ModelProto, name: str, node_type: str, value: np.ndarray, **attributes: int
) -> None:
    """Everything that read the input `name` reads the new node's answer instead."""
    for node in model.graph.node:
        for i, source in enumerate(node.input):
            if source == name:
                node.input[i] = f"{name}.wrong"
    constant = f"{name}.wrong_by"
    model.graph.initializer.append(numpy_helper.from_array(value, constant))
    node = helper.make_node(node_type, [name, constant], [f"{name}.wrong"], **attributes)
    model.graph.node.insert(0, node)


def mutate(kind: str, model: onnx.ModelProto, policy: dict, golden: dict) -> None:
    camera = policy["inputs"]["images"][0]["name"]
    numbers = policy["inputs"]["state"]["shape"][0]
    if kind == "normalisation":
        before_input(model, STATE, "Mul", np.full(numbers, 1.2, np.float32))
    elif kind == "channels":
        before_input(model, camera, "Gather", np.array([2, 1, 0], np.int64), axis=3)
    elif kind == "state-order":
        before_input(model, STATE, "Gather", np.array([1, 0, *range(2, numbers)], np.int64), axis=1)
    elif kind == "fps":
        policy["fps"] *= 2
    elif kind == "chunk":
        policy["chunk"] = policy["output"]["shape"][0] = policy["chunk"] // 2
        policy["action_steps"] = min(policy["action_steps"], policy["chunk"])
        for pair in golden["pairs"]:
            del pair["expected"][policy["chunk"] :]
    elif kind == "camera":
        for pair in golden["pairs"]:
            pair["replay"]["start"]["visual"]["camera"]["yawRad"] += 0.15
    else:
        sys.exit(f"{kind} is no mutation")


def main() -> None:
    source, out, kind = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    shutil.copytree(source, out)
    policy = json.loads((out / "policy.json").read_text())
    golden = json.loads((out / "golden/pairs.json").read_text())
    graph = out / policy["onnx"]["file"]
    model = onnx.load(str(graph))
    mutate(kind, model, policy, golden)
    data, pairs = model.SerializeToString(), json.dumps(golden).encode()
    graph.write_bytes(data)
    (out / "golden/pairs.json").write_bytes(pairs)
    policy["onnx"] |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    policy["golden"]["sha256"] = hashlib.sha256(pairs).hexdigest()
    (out / "policy.json").write_text(json.dumps(policy))


if __name__ == "__main__":
    main()
