"""Stock lerobot ACT checkpoints for foreign_checkpoints.py: made, changed, exported, compared or refused."""

import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import onnxruntime
import torch
from lerobot.configs.policies import PreTrainedConfig
from lerobot.configs.types import FeatureType, NormalizationMode, PolicyFeature
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.policies.act.configuration_act import ACTConfig
from lerobot.policies.act.modeling_act import ACTPolicy
from lerobot.policies.factory import make_pre_post_processors
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from brickyard_trainer.dataset_index import open_dataset
from brickyard_trainer.errors import InputError
from brickyard_trainer.export import export_policy

FRONT, WRIST, STATE = "observation.images.front", "observation.images.wrist", "observation.state"
FRAMES, BAR = 9, 1e-4
PRE, POST = "policy_preprocessor", "policy_postprocessor"
INPUT_STATS = f"{PRE}_step_3_normalizer_processor.safetensors"
ACTION_STATS = f"{POST}_step_0_unnormalizer_processor.safetensors"
MODES = NormalizationMode
TINY = {
    "chunk_size": 5,
    "n_action_steps": 3,
    "dim_model": 16,
    "n_heads": 2,
    "dim_feedforward": 32,
    "n_encoder_layers": 1,
    "latent_dim": 4,
    "n_vae_encoder_layers": 1,
    "device": "cpu",
}
faults: list[str] = []


class Foreign:
    """DATASET as lerobot itself reads it, and the checkpoints that are made for it."""

    def __init__(self, root: Path, work: Path) -> None:
        self.work = work
        self.dataset = LeRobotDataset("local/foreign", root=root)
        self.index = open_dataset(root)
        self.stats = self.dataset.meta.stats
        self.made: dict[str, Path] = {}
        self.seen: dict[int, dict[str, torch.Tensor]] = {}

    def make(
        self,
        name: str,
        cameras: tuple[str, ...] = (FRONT, WRIST),
        modes: dict | None = None,
        **settings: object,
    ) -> Path:
        """A checkpoint by lerobot's own classes, with random weights; those of a kind share a file."""
        key = repr((cameras, modes, settings))
        if key not in self.made:
            self.made[key] = self.work / "untouched" / str(len(self.made))
            self.save(self.made[key], cameras, modes, settings)
        folder = self.work / name
        shutil.copytree(self.made[key], folder, copy_function=link_weights)
        return folder

    def save(self, folder: Path, cameras: tuple[str, ...], modes: dict | None, settings: dict) -> None:
        config = ACTConfig(
            input_features={
                **{key: PolicyFeature(FeatureType.VISUAL, (3, 64, 96)) for key in cameras},
                STATE: PolicyFeature(FeatureType.STATE, (3,)),
            },
            output_features={"action": PolicyFeature(FeatureType.ACTION, (2,))},
            pretrained_backbone_weights=None,
            **(TINY | settings),
        )
        config.normalization_mapping |= modes or {}
        torch.manual_seed(3)
        policy = ACTPolicy(config)
        with torch.no_grad():  # answers of random weights hardly differ from each other otherwise
            policy.model.action_head.weight *= 3
        for part in (policy, *make_pre_post_processors(config, dataset_stats=self.stats)):
            part.save_pretrained(folder)

    def observation(self, row: int) -> dict[str, torch.Tensor]:
        if row not in self.seen:
            item = self.dataset[row]
            self.seen[row] = {key: item[key] for key in (FRONT, WRIST, STATE)}
        return dict(self.seen[row])

    def observations(self, rows: Iterable[int]) -> list[dict[str, torch.Tensor]]:
        return [self.observation(row) for row in rows]


def link_weights(source: str, target: str) -> None:
    """45 MB a checkpoint otherwise. Whoever changes a file puts another in its place."""
    (os.link if source.endswith("model.safetensors") else shutil.copy)(source, target)


def change_json(path: Path, change) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def change_step(path: Path, number: int, **settings) -> None:
    change_json(path, lambda value: value["steps"][number]["config"].update(settings))


def change_tensors(path: Path, change) -> None:
    tensors = load_file(path)
    change(tensors)
    path.unlink()
    save_file({key: tensor.clone() for key, tensor in tensors.items()}, path)


def by_lerobot(folder: Path, foreign: Foreign, rows: list[int]) -> np.ndarray:
    """What lerobot executes on these frames, one after the other: select_action between its processors."""
    config = PreTrainedConfig.from_pretrained(folder)
    policy = ACTPolicy.from_pretrained(folder, config=config).eval()
    before, after = make_pre_post_processors(config, pretrained_path=str(folder))
    policy.reset()
    return np.stack([after(policy.select_action(before(foreign.observation(k))))[0].numpy() for k in rows])


def by_policy(folder: Path, observations: list[dict], clamp_chunks: bool = False) -> np.ndarray:
    """The same by the policy folder alone: raw frames and state, and what policy.json says of driving."""
    contract = json.loads((folder / "policy.json").read_text())
    graph = onnxruntime.InferenceSession(str(folder / "policy.onnx"), providers=["CPUExecutionProvider"])
    steps, coefficient = contract["action_steps"], contract.get("temporal_ensemble")
    low, high = contract["output"]["range"]
    chunks, actions = [], []
    for k, seen in enumerate(observations):
        feeds = {STATE: seen[STATE][None].numpy()}
        for image in contract["inputs"]["images"]:
            levels = (seen[image["name"]] * 255).round().to(torch.uint8)
            feeds[image["name"]] = levels.permute(1, 2, 0)[None].numpy()
        chunk = graph.run(None, feeds)[0][0]
        chunks.append(chunk.clip(low, high) if clamp_chunks else chunk)
        if coefficient is None:
            actions.append(chunks[k - k % steps][k % steps])
            continue
        said = [chunk[k - i] for i, chunk in enumerate(chunks) if k - i < contract["chunk"]]
        weights = np.exp(-coefficient * np.arange(len(said)))
        actions.append((np.stack(said) * weights[:, None]).sum(0) / weights.sum())
    return np.stack(actions).clip(low, high)


def export(folder: Path, foreign: Foreign) -> tuple[int, str]:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            export_policy(folder, foreign.index, folder.with_name(f"{folder.name}-policy"), frames=6)
    except InputError as error:
        return 2, str(error)
    return 0, said.getvalue()


def exported(
    name: str, folder: Path, foreign: Foreign, reference: Path | None = None, moves: bool = True
) -> None:
    """Exports and compares; `reference`: what lerobot can run, where `folder` is too old for it."""
    code, said = export(folder, foreign)
    if code:
        faults.append(f"{name}: refused: {said}")
        return
    start = foreign.index.episodes[1].start
    rows = list(range(start, start + FRAMES))
    out = folder.with_name(f"{folder.name}-policy")
    low, high = json.loads((out / "policy.json").read_text())["output"]["range"]
    wanted = by_lerobot(reference or folder, foreign, rows).clip(low, high)
    off = float(np.abs(wanted - by_policy(out, foreign.observations(rows))).max())
    if not off <= BAR:
        faults.append(f"{name}: off lerobot by {off}")
    if moves and np.ptp(wanted, axis=0).max() < 1e-3:
        faults.append(f"{name}: lerobot's actions hardly change, so nothing is compared: {wanted}")


def refused(name: str, folder: Path, foreign: Foreign, *words: str) -> None:
    code, said = export(folder, foreign)
    missing = [word for word in words if word not in said]
    if code != 2 or missing or "\n" in said or said.rstrip().endswith(":"):
        faults.append(f"{name}: exit code {code}, without {missing}: {said}")
    if left := [
        path.name
        for path in folder.parent.iterdir()
        if path.name.lstrip(".").startswith(f"{folder.name}-policy")
    ]:
        faults.append(f"{name}: refused, and left {left}")
