"""Trains by lerobot's own command, with our policy installed as a plugin, and exports what it leaves.

usage: PYTHONPATH=SITE python stock_lerobot.py DATASET FOREIGN WORK

SITE has what `pip install trainer/` installs; this file imports nothing of it, lerobot's discovery does.
DATASET is ours with frames of another size than the network's, FOREIGN one of record_foreign.py with two
cameras. Each training and each export runs in a child, so that this process sees of the plugin only what
discovery brings. Prints one JSON line {"faults": [...]}; exit code 1 when there are any.
"""

import json
import multiprocessing
import os
import runpy
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from lerobot.configs.policies import PreTrainedConfig
from lerobot.policies.factory import get_policy_class, make_pre_post_processors
from lerobot.scripts import lerobot_train
from lerobot.utils.import_utils import register_third_party_plugins

EXPORT = Path(__file__).resolve().parent.parent / "export.py"
STEPS = 3
TINY_ACT = {
    "chunk_size": 10,
    "n_action_steps": 5,
    "dim_model": 32,
    "n_heads": 2,
    "dim_feedforward": 64,
    "n_encoder_layers": 1,
    "n_vae_encoder_layers": 1,
    "pretrained_backbone_weights": "null",
}
NETWORK_BAR, END_TO_END_BAR = 1e-5, 1e-3
faults: list[str] = []


def in_child(action, *arguments) -> int:
    child = multiprocessing.get_context("fork").Process(target=action, args=arguments)
    child.start()
    child.join()
    return child.exitcode


def train(kind: str, dataset: Path, out: Path, settings: dict[str, object]) -> None:
    sys.argv = [
        "lerobot-train",
        f"--policy.type={kind}",
        *(f"--policy.{key}={value}" for key, value in settings.items()),
        "--policy.push_to_hub=false",
        "--policy.device=cpu",
        f"--dataset.repo_id=local/{dataset.name}",
        f"--dataset.root={dataset}",
        f"--output_dir={out}",
        f"--steps={STEPS}",
        f"--save_freq={STEPS}",
        "--batch_size=2",
        "--num_workers=0",
        "--wandb.enable=false",
    ]
    torch.set_num_threads(1)
    lerobot_train.main()


def export(checkpoint: Path, dataset: Path, out: Path) -> None:
    arguments = ["--checkpoint", checkpoint, "--dataset", dataset, "--out", out, "--frames", 40]
    sys.argv = ["export.py", *map(str, arguments)]
    torch.set_num_threads(1)
    runpy.run_path(str(EXPORT), run_name="__main__")


def train_and_export(name: str, kind: str, dataset: Path, work: Path, settings: dict[str, object]) -> Path:
    checkpoint = work / name / "checkpoints/last/pretrained_model"
    policy = work / f"{name}-policy"
    if in_child(train, kind, dataset, work / name, settings):
        faults.append(f"{name}: lerobot-train failed")
    elif in_child(export, checkpoint, dataset, policy):
        faults.append(f"{name}: export.py failed")
    else:
        contract = json.loads((policy / "policy.json").read_text())
        figures = contract["parity"]["pytorch_vs_onnxruntime_python"]
        wanted = {"resize": 1 / 255, "network": NETWORK_BAR, "end_to_end": END_TO_END_BAR}
        faults.extend(
            f"{name}: {key} is off by {figures[key]}, more than {bar}"
            for key, bar in wanted.items()
            if figures[key] > bar
        )
        print(f"{name}: {figures}", file=sys.stderr)
        cameras = json.loads((dataset / "meta/info.json").read_text())["features"]
        expected = [key for key in cameras if key.startswith("observation.images.")]
        named = [image["name"] for image in contract["inputs"]["images"]]
        if sorted(named) != sorted(expected):
            faults.append(f"{name}: the policy sees {named}, the dataset has {expected}")
    return checkpoint


def load_and_act(checkpoint: Path) -> None:
    register_third_party_plugins()
    config = PreTrainedConfig.from_pretrained(checkpoint)
    policy = get_policy_class(config.type).from_pretrained(checkpoint)
    before, after = make_pre_post_processors(config, pretrained_path=str(checkpoint))
    camera = next(iter(config.image_features))
    shape = tuple(config.image_features[camera].shape)
    if config.type != "act_small" or shape != (3, 96, 128):
        faults.append(f"the checkpoint is of {config.type} with frames {shape}")
    generator = torch.Generator().manual_seed(1)
    answers = []
    for _ in range(2):
        frame = torch.rand(shape, generator=generator)
        state = torch.zeros(config.robot_state_feature.shape)
        policy.reset()
        answers.append(after(policy.select_action(before({camera: frame, "observation.state": state}))))
    if tuple(answers[0].shape) != (1, *config.action_feature.shape) or not torch.isfinite(answers[0]).all():
        faults.append(f"select_action answers {answers[0]}")
    if torch.equal(*answers):
        faults.append("select_action answers the same for two different frames")


def main() -> int:
    ours, foreign, work = (Path(text).resolve() for text in sys.argv[1:4])
    if any(name.startswith(("lerobot_policy_", "brickyard_")) for name in sys.modules):
        faults.append("our code was imported before lerobot looked for plugins")
    checkpoint = train_and_export("plugin", "act_small", ours, work, {})
    train_and_export("act", "act", ours, work, TINY_ACT)
    train_and_export("act-foreign", "act", foreign, work, TINY_ACT)
    if not faults:
        load_and_act(checkpoint)
    print(json.dumps({"faults": faults}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
