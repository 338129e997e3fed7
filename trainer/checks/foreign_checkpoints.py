"""Stock lerobot ACT checkpoints of many kinds, each exported and compared with lerobot, or refused by name.

usage: python foreign_checkpoints.py DATASET WORK NEWER

DATASET is one of record_foreign.py with the cameras front and wrist, NEWER what newer_checkpoint.py left, by
a later lerobot. Each checkpoint is a folder of WORK, made by lerobot with random weights and then changed as
the kind says; its export is CHECKPOINT-policy. WORK/ensembled.json has what lerobot's ensembler makes of
chunks. Prints one JSON line {"faults": [...]}; exit code 1 when there are any.
"""

import json
import os
import shutil
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from lerobot.policies.act.modeling_act import ACTTemporalEnsembler
from safetensors.torch import load_file, save_file
from stock_checkpoints import (
    ACTION_STATS,
    BAR,
    FRAMES,
    FRONT,
    INPUT_STATS,
    MODES,
    POST,
    PRE,
    STATE,
    WRIST,
    Foreign,
    by_policy,
    change_json,
    change_step,
    change_tensors,
    export,
    exported,
    faults,
    refused,
)


def check_normalisation(foreign: Foreign) -> None:
    min_max, identity = MODES.MIN_MAX, MODES.IDENTITY
    exported("mean-std", foreign.make("mean-std"), foreign)
    exported(
        "mixed",
        foreign.make("mixed", modes={"VISUAL": identity, "STATE": min_max, "ACTION": min_max}),
        foreign,
    )
    exported("identity", foreign.make("identity", modes={"STATE": identity, "ACTION": identity}), foreign)
    for mode in (MODES.QUANTILES, MODES.QUANTILE10):
        name = mode.value.lower()
        exported(name, foreign.make(name, modes={"STATE": mode, "ACTION": mode}), foreign)

    folder = foreign.make("eps")
    change_step(folder / f"{PRE}.json", 3, eps=0.5)
    exported("eps", folder, foreign)
    folder = foreign.make("chosen")
    change_step(folder / f"{PRE}.json", 3, normalize_observation_keys=[FRONT])
    exported("chosen", folder, foreign)
    folder = foreign.make("constant", modes={"STATE": min_max})
    change_tensors(folder / INPUT_STATS, lambda t: t[f"{STATE}.max"].copy_(t[f"{STATE}.min"]))
    change_step(folder / f"{PRE}.json", 3, eps=0.25)
    exported("constant", folder, foreign)
    folder = foreign.make("per-camera")  # the mode of a feature's own type in the processor counts
    change_json(
        folder / f"{PRE}.json",
        lambda v: v["steps"][3]["config"]["features"][WRIST].update(type="ENV"),
    )
    change_json(folder / f"{PRE}.json", lambda v: v["steps"][3]["config"]["norm_map"].update(ENV="IDENTITY"))
    exported("per-camera", folder, foreign)


def check_statistics(foreign: Foreign) -> None:
    def without(name: str, file: str, *prefixes: str) -> Path:
        folder = foreign.make(name)
        change_tensors(
            folder / file, lambda t: [t.pop(key) for key in [*t] if key.startswith(tuple(prefixes))]
        )
        return folder

    folder = without("no-action-statistics", ACTION_STATS, "action.")
    refused("no-action-statistics", folder, foreign, POST, "normalises action by MEAN_STD")
    folder = without("no-state-statistics", INPUT_STATS, STATE)
    refused("no-state-statistics", folder, foreign, PRE, f"normalises {STATE} by MEAN_STD", FRONT)
    folder = without("no-picture-statistics", INPUT_STATS, WRIST)
    refused("no-picture-statistics", folder, foreign, f"normalises {WRIST} by MEAN_STD")
    folder = without("no-std", ACTION_STATS, "action.std")
    refused("no-std", folder, foreign, "action", "no std", "mean")

    folder = foreign.make("other-keys")
    change_tensors(
        folder / ACTION_STATS,
        lambda t: [t.update({f"actions.{k.split('.')[-1]}": t.pop(k)}) for k in [*t] if k[:7] == "action."],
    )
    refused("other-keys", folder, foreign, "its statistics are of actions")
    folder = foreign.make("no-file")
    (folder / ACTION_STATS).unlink()
    refused("no-file", folder, foreign, ACTION_STATS, "missing")
    folder = foreign.make("no-entry")
    change_json(folder / f"{POST}.json", lambda v: v["steps"][0].pop("state_file"))
    refused("no-entry", folder, foreign, "its statistics are of nothing")
    folder = foreign.make("outside")
    change_json(
        folder / f"{POST}.json", lambda v: v["steps"][0].update(state_file=f"../mean-std/{ACTION_STATS}")
    )
    refused("outside", folder, foreign, "leads out of the folder")
    folder = foreign.make("damaged")
    (folder / ACTION_STATS).write_bytes(b"\0" * 40)
    refused("damaged", folder, foreign, "cannot be loaded")
    folder = foreign.make("not-finite")
    change_tensors(folder / ACTION_STATS, lambda t: t["action.std"].fill_(float("inf")))
    refused("not-finite", folder, foreign, "std of action", "not finite")
    folder = foreign.make("other-shape")
    change_tensors(folder / INPUT_STATS, lambda t: t.update({f"{FRONT}.mean": t[f"{FRONT}.mean"].flatten()}))
    refused("other-shape", folder, foreign, f"mean of {FRONT}", "[3]")
    folder = foreign.make("no-norm-map-entry")
    change_json(folder / f"{POST}.json", lambda v: v["steps"][0]["config"]["norm_map"].pop("ACTION"))
    refused("no-norm-map-entry", folder, foreign, "config.json says MEAN_STD for ACTION")
    folder = foreign.make("not-a-feature")
    change_json(folder / f"{PRE}.json", lambda v: v["steps"][3]["config"]["features"].pop(STATE))
    refused("not-a-feature", folder, foreign, f"does not normalise {STATE}")


def check_steps(foreign: Foreign) -> None:
    def insert(name: str, file: str, number: int, step: dict) -> Path:
        folder = foreign.make(name)
        change_json(folder / f"{file}.json", lambda v: v["steps"].insert(number, step))
        return folder

    step = {"registry_name": "map_tensor_to_delta_action_dict", "config": {"use_gripper": True}}
    folder = insert("unknown-step", POST, 2, step)
    refused("unknown-step", folder, foreign, f"{POST}.json", "step 2 is map_tensor_to_delta_action_dict")
    folder = insert("own-step", PRE, 1, {"class": "robot_lab.steps.CropTop", "config": {"rows": 8}})
    refused("own-step", folder, foreign, "step 1 is robot_lab.steps.CropTop")
    folder = insert("crop", PRE, 1, {"registry_name": "image_crop_resize_processor", "config": {}})
    refused("crop", folder, foreign, "step 1 is image_crop_resize_processor")
    folder = foreign.make("clip")
    change_step(folder / f"{PRE}.json", 3, clip=5.0)
    refused("clip", folder, foreign, "normalizer_processor", "clip")
    folder = foreign.make("half")
    change_step(folder / f"{PRE}.json", 2, float_dtype="float16")
    refused("half", folder, foreign, "float_dtype float16")
    folder = foreign.make("cuda")
    for file, number in ((PRE, 2), (POST, 1)):
        change_step(folder / f"{file}.json", number, device="cuda", float_dtype="float32")
    change_json(folder / "config.json", lambda v: v.update(device="cuda"))
    reference = foreign.work / "mean-std"
    exported("cuda", folder, foreign, reference)
    folder = foreign.make("no-unnormalizer")
    change_json(folder / f"{POST}.json", lambda v: v["steps"].pop(0))
    refused("no-unnormalizer", folder, foreign, "does not scale actions back")
    folder = foreign.make("no-preprocessor")
    (folder / f"{PRE}.json").unlink()
    refused("no-preprocessor", folder, foreign, f"has no {PRE}.json")
    folder = foreign.make("not-a-processor")
    (folder / f"{PRE}.json").write_text('{"steps": 3}')
    refused("not-a-processor", folder, foreign, "has no list of steps")

    top = "observation.images.top"
    folder = foreign.make("renamed", cameras=(WRIST, top))
    change_step(folder / f"{PRE}.json", 0, rename_map={FRONT: top})
    change_tensors(
        folder / INPUT_STATS,
        lambda t: [t.update({k.replace(FRONT, top): t[k] for k in [*t] if k.startswith(FRONT)})],
    )
    exported("renamed", folder, foreign)
    # As lerobot-train with a rename map leaves it: the statistics keep the dataset's names.
    folder = foreign.make("renamed-without-statistics", cameras=(WRIST, top))
    change_step(folder / f"{PRE}.json", 0, rename_map={FRONT: top})
    refused("renamed-without-statistics", folder, foreign, f"normalises {top} by MEAN_STD", FRONT)
    folder = foreign.make("swapped")
    change_step(folder / f"{PRE}.json", 0, rename_map={FRONT: WRIST, WRIST: FRONT})
    exported("swapped", folder, foreign)
    folder = foreign.make("renamed-twice", cameras=(WRIST,))
    change_step(folder / f"{PRE}.json", 0, rename_map={FRONT: WRIST})
    refused("renamed-twice", folder, foreign, f"{FRONT} and {WRIST} are all renamed to it")


def check_config(foreign: Foreign) -> None:
    exported("one-camera", foreign.make("one-camera", cameras=(WRIST,)), foreign)
    exported("reordered", foreign.make("reordered", cameras=(WRIST, FRONT)), foreign)
    folder = foreign.make(
        "architecture",
        pre_norm=True,
        feedforward_activation="gelu",
        use_vae=False,
        n_decoder_layers=2,
        n_encoder_layers=2,
    )
    change_tensors(folder / ACTION_STATS, lambda t: t["action.std"].mul_(0.1))  # its answers are large
    exported("architecture", folder, foreign)
    exported("one-step", foreign.make("one-step", chunk_size=1, n_action_steps=1), foreign)

    def changed(name: str, **settings: object) -> Path:
        folder = foreign.make(name)
        change_json(folder / "config.json", lambda value: value.update(settings))
        return folder

    exported(
        "newer",
        changed("newer", pretrained_revision="main", new_field=None),
        foreign,
        foreign.work / "mean-std",
    )
    refused(
        "unknown-setting",
        changed("unknown-setting", relative_actions=True),
        foreign,
        "relative_actions = true",
    )
    refused(
        "observations", changed("observations", n_obs_steps=2), foreign, "config.json", "observation steps"
    )
    refused("steps", changed("steps", n_action_steps=9), foreign, "config.json", "9")
    refused("dilation", changed("dilation", replace_final_stride_with_dilation=1), foreign, "ilation")
    refused("layers", changed("layers", n_encoder_layers=2), foreign, "it lacks model.encoder.layers.1")
    refused("wider", changed("wider", latent_dim=8), foreign, "model.safetensors", "instead of")
    refused("adapter", changed("adapter", use_peft=True), foreign, "use_peft")
    refused("type", changed("type", type="diffusion"), foreign, "diffusion policy; only act")
    refused("activation", changed("activation", feedforward_activation="tanh"), foreign, "tanh")

    def features(name: str, change) -> Path:
        folder = foreign.make(name)
        change_json(folder / "config.json", lambda value: change(value["input_features"]))
        return folder

    refused("size", features("size", lambda f: f[FRONT].update(shape=[3, 48, 96])), foreign, "96x48", "96x64")
    refused("axes", features("axes", lambda f: f[FRONT].update(shape=[64, 96, 3])), foreign, "[64, 96, 3]")
    refused("blind", features("blind", lambda f: [f.pop(FRONT), f.pop(WRIST)]), foreign, "no camera")
    env = {"type": "ENV", "shape": [2]}
    folder = features("environment", lambda f: f.update({"observation.environment_state": env}))
    refused("environment", folder, foreign, "observation.environment_state")
    folder = features("camera", lambda f: f.update({"observation.images.top": f.pop(FRONT)}))
    refused("camera", folder, foreign, "it takes observation.images.top", FRONT)
    folder = foreign.make("no-weights")
    (folder / "model.safetensors").unlink()
    refused("no-weights", folder, foreign, "no model.safetensors")


def check_old_models(foreign: Foreign) -> None:
    """As lerobot wrote them until 0.3: statistics are tensors of the model, and there are no processors."""

    def old(name: str, made_from: Path, modes: dict[str, str]) -> Path:
        folder = foreign.work / name
        folder.mkdir()
        shutil.copy(made_from / "config.json", folder)
        tensors = load_file(made_from / "model.safetensors")
        for key, kind in ((FRONT, "VISUAL"), (WRIST, "VISUAL"), (STATE, "STATE"), ("action", "ACTION")):
            names = {"MEAN_STD": ("mean", "std"), "MIN_MAX": ("min", "max"), "IDENTITY": ()}[modes[kind]]
            for statistic in names:
                value = torch.as_tensor(foreign.stats[key][statistic], dtype=torch.float32)
                places = (
                    ["normalize_targets", "unnormalize_outputs"] if kind == "ACTION" else ["normalize_inputs"]
                )
                for place in places:
                    tensors[f"{place}.buffer_{key.replace('.', '_')}.{statistic}"] = value.clone()
        save_file(tensors, folder / "model.safetensors")
        return folder

    plain = {"VISUAL": "MEAN_STD", "STATE": "MEAN_STD", "ACTION": "MEAN_STD"}
    new = foreign.work / "mean-std"
    exported("old", old("old", new, plain), foreign, new)
    mixed = {"VISUAL": "IDENTITY", "STATE": "MIN_MAX", "ACTION": "MIN_MAX"}
    exported("old-mixed", old("old-mixed", foreign.work / "mixed", mixed), foreign, foreign.work / "mixed")
    folder = old("old-unfilled", new, plain)
    change_tensors(
        folder / "model.safetensors",
        lambda t: t["unnormalize_outputs.buffer_action.mean"].fill_(float("inf")),
    )
    refused("old-unfilled", folder, foreign, "mean of action", "not finite")
    folder = old("old-without", new, plain)
    change_tensors(
        folder / "model.safetensors",
        lambda t: [t.pop(k) for k in [*t] if k.startswith("unnormalize_outputs")],
    )
    refused("old-without", folder, foreign, "normalises action by MEAN_STD")
    folder = old("old-and-new", new, plain)
    for file in new.glob("policy_*"):
        shutil.copy(file, folder)
    refused("old-and-new", folder, foreign, "normalises twice")
    folder = old("old-strange", new, plain)
    change_tensors(
        folder / "model.safetensors",
        lambda t: t.update({"normalize_inputs.buffer_observation_effort.mean": torch.zeros(2)}),
    )
    refused("old-strange", folder, foreign, "normalize_inputs.buffer_observation_effort.mean")


def check_ensembling(foreign: Foreign) -> None:
    for name, coefficient in (("ensembling", 0.01), ("ensembling-newest", -0.3), ("ensembling-even", 0.0)):
        folder = foreign.make(name, temporal_ensemble_coeff=coefficient, n_action_steps=1)
        exported(name, folder, foreign)
        contract = json.loads((folder.with_name(f"{name}-policy") / "policy.json").read_text())
        if (contract.get("temporal_ensemble"), contract["action_steps"]) != (coefficient, 1):
            faults.append(f"{name}: policy.json says {contract.get('temporal_ensemble')}")
    if "temporal_ensemble" in json.loads((foreign.work / "mean-std-policy/policy.json").read_text()):
        faults.append("a policy without ensembling has a coefficient")
    # Now and then beyond the dataset's range: the mean is clamped, not what it is of.
    folder = foreign.make("ensembling-beyond", temporal_ensemble_coeff=0.05, n_action_steps=1)
    change_tensors(
        folder / ACTION_STATS, lambda t: (t["action.mean"].fill_(0.9), t["action.std"].fill_(0.15))
    )
    exported("ensembling-beyond", folder, foreign)
    policy, seen = folder.with_name("ensembling-beyond-policy"), foreign.observations(range(FRAMES))
    too_early = by_policy(policy, seen, clamp_chunks=True)
    if not np.abs(too_early - by_policy(policy, seen)).max() > 10 * BAR:
        faults.append("ensembling-beyond: nothing is beyond the range")
    folder = foreign.make("ensembling-steps")
    change_json(folder / "config.json", lambda v: v.update(temporal_ensemble_coeff=0.01))
    refused("ensembling-steps", folder, foreign, "n_action_steps")
    folder = foreign.make("ensembling-overflow", temporal_ensemble_coeff=-50.0, n_action_steps=1)
    refused("ensembling-overflow", folder, foreign, "temporal_ensemble_coeff is -50.0")


def check_newer(foreign: Foreign, newer: Path) -> None:
    """By a later lerobot, and compared with that one."""
    shutil.copytree(newer / "checkpoint", foreign.work / "saved-by-newer")
    code, said = export(foreign.work / "saved-by-newer", foreign)
    if code:
        faults.append(f"saved-by-newer: refused: {said}")
        return
    driven = np.load(newer / "driven.npz")
    seen = [
        {STATE: torch.from_numpy(driven[STATE][k])}
        | {key: torch.from_numpy(driven[key][k]).float() / 255 for key in (FRONT, WRIST)}
        for k in range(FRAMES)
    ]
    out = foreign.work / "saved-by-newer-policy"
    contract = json.loads((out / "policy.json").read_text())
    wanted = driven["actions"].clip(*contract["output"]["range"])
    off = float(np.abs(wanted - by_policy(out, seen)).max())
    if not off <= BAR or contract.get("temporal_ensemble") != 0.1:
        faults.append(f"saved-by-newer: off by {off}, coefficient {contract.get('temporal_ensemble')}")


def write_ensembled(path: Path) -> None:
    """Chunks of four actions asked for in each of twelve frames, and the actions of lerobot's ensembler."""
    cases = []
    for coefficient, size in ((0.01, 5), (0.0, 5), (-0.3, 8), (1.5, 20), (0.01, 1)):
        generator = torch.Generator().manual_seed(size)
        chunks = torch.rand(12, size, 4, generator=generator) * 1.8 - 0.9
        ensembler = ACTTemporalEnsembler(coefficient, size)
        actions = [ensembler.update(chunk[None])[0].tolist() for chunk in chunks]
        cases.append(
            {
                "coefficient": coefficient,
                "chunk": size,
                "chunks": chunks.flatten(1).tolist(),
                "actions": actions,
            }
        )
    path.write_text(json.dumps(cases))


def main() -> int:
    torch.set_num_threads(1)
    foreign = Foreign(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    check_normalisation(foreign)
    check_statistics(foreign)
    check_steps(foreign)
    check_config(foreign)
    check_old_models(foreign)
    check_ensembling(foreign)
    check_newer(foreign, Path(sys.argv[3]))
    write_ensembled(foreign.work / "ensembled.json")
    print(json.dumps({"faults": faults}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
