"""Makes an ACT checkpoint by a lerobot of another version, and writes down how that lerobot drives with it.

usage: python newer_checkpoint.py DATASET OUT

Runs under that version's Python and imports nothing of ours. DATASET is one of record_foreign.py with the
cameras front and wrist; OUT/checkpoint is the checkpoint, OUT/driven.npz the frames, states and actions.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from lerobot.configs.types import FeatureType, PolicyFeature
from lerobot.policies.act.configuration_act import ACTConfig
from lerobot.policies.act.modeling_act import ACTPolicy
from lerobot.policies.factory import make_pre_post_processors

FRONT, WRIST, STATE = "observation.images.front", "observation.images.wrist", "observation.state"
FRAMES = 9


def main() -> None:
    dataset, out = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    torch.manual_seed(4)
    stats = json.loads((dataset / "meta/stats.json").read_text())
    config = ACTConfig(
        input_features={
            **{key: PolicyFeature(FeatureType.VISUAL, (3, 64, 96)) for key in (FRONT, WRIST)},
            STATE: PolicyFeature(FeatureType.STATE, (3,)),
        },
        output_features={"action": PolicyFeature(FeatureType.ACTION, (2,))},
        **{"chunk_size": 5, "n_action_steps": 1, "temporal_ensemble_coeff": 0.1, "device": "cpu"},
        **{"dim_model": 16, "n_heads": 2, "dim_feedforward": 32, "n_encoder_layers": 1, "latent_dim": 4},
        **{"n_vae_encoder_layers": 1, "pretrained_backbone_weights": None},
    )
    policy = ACTPolicy(config).eval()
    tensors = {key: {name: torch.tensor(v) for name, v in value.items()} for key, value in stats.items()}
    before, after = make_pre_post_processors(config, dataset_stats=tensors)
    for part in (policy, before, after):
        part.save_pretrained(out / "checkpoint")

    random = np.random.default_rng(5)
    driven = {key: random.integers(0, 256, (FRAMES, 3, 64, 96), dtype=np.uint8) for key in (FRONT, WRIST)}
    driven[STATE] = random.normal(size=(FRAMES, 3)).astype(np.float32)
    policy.reset()
    actions = []
    for k in range(FRAMES):
        seen = {key: torch.from_numpy(driven[key][k]).float() / 255 for key in (FRONT, WRIST)}
        action = policy.select_action(before({**seen, STATE: torch.from_numpy(driven[STATE][k])}))
        actions.append(after(action)[0].numpy())
    np.savez(out / "driven.npz", actions=np.stack(actions), **driven)


if __name__ == "__main__":
    main()
