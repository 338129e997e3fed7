"""Checks what training is fed and what leaves it, on one small dataset.

usage: python training_data.py DATASET WORK

Resize bit-equal in integers, PyTorch and onnxruntime; the frame cache whole, keyed, equal to fresh
decoding and shared by episodes; batches a function of seed and step, masks at episode ends and invalid
labels; sampled shares; act_small through stock lerobot; golden pairs that notice a wrong normalisation;
parity that fails on other weights. Prints one JSON line {"faults": [...]}; exit code 1 when there are any.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from lerobot.datasets.utils import dataset_to_policy_features
from lerobot.policies.factory import get_policy_class, make_policy_config, make_pre_post_processors

from brickyard_trainer import export, parity
from brickyard_trainer.augmentation import Augmentation
from brickyard_trainer.batches import Batches
from brickyard_trainer.dataset_index import DatasetIndex, open_dataset
from brickyard_trainer.errors import InputError
from brickyard_trainer.export_graph import ResizeGraph, to_onnx
from brickyard_trainer.frame_cache import cache_path, open_frame_cache
from brickyard_trainer.resize import AreaResize, axis_weights, resize_array
from brickyard_trainer.sampling import Sampler
from brickyard_trainer.video_frames import read_frames

SIZES = [(240, 320, 64, 96), (48, 64, 64, 96), (37, 53, 16, 32), (64, 96, 64, 96)]
HEIGHT, WIDTH, CHUNK = 64, 96, 20
faults: list[str] = []


def expect(truth: bool, message: str) -> None:
    if not truth:
        faults.append(message)


def check_resize(work: Path) -> None:
    generator = np.random.default_rng(1)
    for height, width, to_height, to_width in SIZES:
        frames = generator.integers(0, 256, (3, height, width, 3), dtype=np.uint8)
        frames[0], frames[1, ::2] = 255, 0
        whole = np.einsum("ah,nhwc->nawc", axis_weights(height, to_height), frames.astype(np.int64))
        wanted = (np.einsum("bw,nawc->nabc", axis_weights(width, to_width), whole) + 32768) // 65536
        name = f"resize {width}x{height} to {to_width}x{to_height}"
        expect(np.array_equal(resize_array(frames, to_height, to_width), wanted), f"{name}: taps differ")
        levels = torch.from_numpy(frames).permute(0, 3, 1, 2).float()
        torched = AreaResize(to_height, to_width)(levels).permute(0, 2, 3, 1).numpy()
        expect(np.array_equal(torched, wanted), f"{name}: PyTorch differs")
        path = work / "resize.onnx"
        to_onnx(ResizeGraph((to_height, to_width)), [torch.from_numpy(frames)], ["frame"], "resized", path)
        expect(np.array_equal(parity.run_graph(path, {"frame": frames}), wanted), f"{name}: graph differs")


def check_cache(index: DatasetIndex, camera: str, work: Path) -> np.ndarray:
    cache = open_frame_cache(index, camera, HEIGHT, WIDTH, work)
    path = cache_path(index, camera, HEIGHT, WIDTH, work)
    before = path.stat().st_mtime_ns
    open_frame_cache(index, camera, HEIGHT, WIDTH, work)
    expect(path.stat().st_mtime_ns == before, "the cache was written again")
    expect(not list(work.glob("*.part")), "the cache left a temporary file")
    rows = [0, index.frames // 2, index.frames - 1]
    fresh = resize_array(read_frames(index, camera, rows), HEIGHT, WIDTH)
    expect(np.array_equal(cache[rows], fresh), "cached frames are not those of fresh decoding")
    others = [
        cache_path(replace(index, fingerprint="0" * 64), camera, HEIGHT, WIDTH, work),
        cache_path(index, f"{camera}2", HEIGHT, WIDTH, work),
        cache_path(index, camera, HEIGHT, WIDTH + 16, work),
    ]
    expect(len({path, *others}) == 4, "another dataset, camera or size shares the cache's name")
    return cache


def check_shared_episodes(index: DatasetIndex, camera: str, cache: np.ndarray, work: Path) -> None:
    """A dataset with more episodes, in another order, reads those that are known where they are."""
    work.mkdir()
    first = part_of(index, [2, 0], "1")
    early = open_frame_cache(first, camera, HEIGHT, WIDTH, work)
    decoded: list[int] = []
    whole = open_frame_cache(index, camera, HEIGHT, WIDTH, work, lambda _, count: decoded.append(count))
    expect(decoded[-1] == index.frames - first.frames, f"{decoded[-1]} frames were decoded again or for once")
    rows = np.random.default_rng(2).integers(0, index.frames, 500)
    expect(np.array_equal(whole[rows], cache[rows]), "frames read from two files are others than from one")
    expect(np.array_equal(whole[:], cache), "a slice over two files is another than over one")
    expect(whole.shape == cache.shape and whole.nbytes == cache.nbytes, "two files have another shape")
    expect(np.array_equal(early[:5], cache[index.episodes[2].start :][:5]), "the first episodes are others")
    sizes = sum(path.stat().st_size for path in work.glob("*.u8"))
    expect(sizes == cache.nbytes, f"{sizes} bytes lie there for {cache.nbytes}")
    next(work.glob("*.u8")).unlink()
    mended = open_frame_cache(index, camera, HEIGHT, WIDTH, work)
    expect(np.array_equal(mended[:], cache), "a lost file of two is not made again")


def part_of(index: DatasetIndex, chosen: list[int], fingerprint: str) -> DatasetIndex:
    """Its videos, as a dataset of these episodes alone would have them."""
    stops = np.cumsum([index.episodes[k].stop - index.episodes[k].start for k in chosen]).tolist()
    episodes = [
        replace(index.episodes[k], index=at, start=start, stop=stop)
        for at, (k, start, stop) in enumerate(zip(chosen, [0, *stops], stops, strict=False))
    ]
    columns = {key: [values[k] for k in chosen] for key, values in index.episode_rows.items()}
    return replace(
        index,
        fingerprint=fingerprint * 64,
        episodes=episodes,
        episode_rows=columns,
        state=index.state[: stops[-1]],
    )


def check_batches(index: DatasetIndex, camera: str, cache: np.ndarray) -> Batches:
    invalid = np.ones_like(index.label_valid)
    invalid[5] = False
    masked = replace(index, label_valid=invalid)
    options = {"frames": {camera: cache}, "episodes": range(len(index.episodes)), "chunk": CHUNK}
    first = Batches(masked, batch_size=32, seed=3, augmentation=Augmentation(), **options)
    second = Batches(masked, batch_size=32, seed=3, augmentation=Augmentation(), **options)
    first.batch(0)
    a, b, other = first.batch(7), second.batch(7), second.batch(8)
    expect(all(torch.equal(a[key], b[key]) for key in a), "a batch depends on what was drawn before it")
    expect(not torch.equal(a[camera], other[camera]), "two steps have the same batch")
    episode = index.episodes[0]
    rows = np.array([0, episode.stop - 3])
    pad = first.gather(rows)["action_is_pad"].numpy()
    expect(pad[0].tolist() == [k >= 5 for k in range(CHUNK)], f"label_valid is not masked: {pad[0].tolist()}")
    expect(pad[1].tolist() == [k >= 3 for k in range(CHUNK)], f"the end is not masked: {pad[1].tolist()}")
    drawn = np.concatenate([first.sampler.rows(k) for k in range(int(first.steps_per_epoch))])
    expect(5 not in drawn and len(set(drawn)) == len(drawn), "an epoch repeats a row or draws an invalid one")
    return Batches(index, batch_size=32, seed=3, **options)


def check_shares(index: DatasetIndex) -> None:
    source = (np.arange(index.frames) % 10 == 0).astype(np.uint8) * 2
    half = len(index.episodes) // 2
    episodes = [
        replace(e, dataset="a" if e.index < half else "b", dataset_weight=3.0 if e.index < half else 1.0)
        for e in index.episodes
    ]
    mixed = replace(index, source=source, episodes=episodes)
    sampler = Sampler(mixed, range(len(episodes)), 64, 0, source_share={"recovery": 0.5})
    rows = np.concatenate([sampler.rows(step) for step in range(200)])
    recovery, first = (source[rows] == 2).mean(), (rows < episodes[half].start).mean()
    expect(abs(recovery - 0.5) < 0.02, f"recovery is {recovery:.3f} of the samples, 0.5 was asked")
    expect(abs(first - 0.75) < 0.02, f"dataset a is {first:.3f} of the samples, 0.75 was asked")
    namesakes = [replace(e, dataset="a", dataset_number=int(e.dataset == "b")) for e in episodes]
    sampler = Sampler(replace(index, episodes=namesakes), range(len(episodes)), 64, 0)
    first = (np.concatenate([sampler.rows(step) for step in range(200)]) < episodes[half].start).mean()
    expect(abs(first - 0.75) < 0.02, f"the first of two namesakes is {first:.3f} of the samples, not 0.75")
    try:
        Sampler(index, [0], 8, 0, source_share={"dagger": 0.5})
        faults.append("a share of a source that is not there was accepted")
    except InputError:
        pass


def train_briefly(index: DatasetIndex, camera: str, batches: Batches, folder: Path) -> None:
    torch.manual_seed(0)
    features = dataset_to_policy_features(index.info["features"])
    config = make_policy_config("act_small", device="cpu", push_to_hub=False)
    config.input_features = {key: features[key] for key in ("observation.state", camera)}
    config.output_features = {"action": features["action"]}
    policy = get_policy_class("act_small")(config)
    before, after = make_pre_post_processors(config, dataset_stats=index.stats)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=3e-4)
    losses = []
    for step in range(20):
        loss, _ = policy(before(batches.batch(step)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    expect(np.mean(losses[-5:]) < np.mean(losses[:5]), f"the loss does not fall: {losses}")
    for part in (policy, before, after):
        part.save_pretrained(folder)


def check_export(index: DatasetIndex, camera: str, folder: Path, work: Path) -> None:
    contract = export.export_policy(folder, index, work / "policy", frames=40)
    figures = contract["parity"]["pytorch_vs_onnxruntime_python"]
    expect(figures["resize"] == 0, f"the graph's resize is off by {figures['resize']}")
    graph = work / "policy" / "policy.onnx"
    frames, states = read_frames(index, camera, [0, 9, 21]), index.state[[0, 9, 21]]
    three = parity.run_graph(graph, {camera: frames, "observation.state": states})
    for k in range(3):
        one = parity.run_graph(graph, {camera: frames[k : k + 1], "observation.state": states[k : k + 1]})
        expect(parity.largest(one[0], three[k]) < 1e-5, "a batch of one answers otherwise than one of three")
    pairs = json.loads((work / "policy/golden/pairs.json").read_text())["pairs"]
    checkpoint = export.load_checkpoint(folder, index)
    wrong = export.PolicyGraph(checkpoint, (-1.0, 1.0))
    wrong.state[0].mean += wrong.state[0].std * 0.5
    rows = [index.episodes[p["episode"]].start + p["frame"] for p in pairs]
    with torch.no_grad():
        pictures = torch.from_numpy(read_frames(index, camera, rows))
        answers = wrong(pictures, torch.from_numpy(index.state[rows])).numpy()
    off = parity.largest(answers, np.array([p["expected"] for p in pairs]))
    expect(off > 1e-3, f"golden pairs do not notice a wrong normalisation: {off}")
    original = export.PolicyGraph.forward
    export.PolicyGraph.forward = lambda self, *inputs: original(self, *inputs) * 0.99
    try:
        export.export_policy(folder, index, work / "bad", frames=40)
        faults.append("an export that disagrees was accepted")
    except parity.ParityError:
        expect(not list(work.glob("*bad*")), "a failed export left a folder")
    finally:
        export.PolicyGraph.forward = original


def main() -> int:
    torch.set_num_threads(1)
    index, work = open_dataset(sys.argv[1]), Path(sys.argv[2])
    camera = index.camera_keys[0]
    check_resize(work)
    cache = check_cache(index, camera, work)
    check_shared_episodes(index, camera, cache, work / "shared")
    batches = check_batches(index, camera, cache)
    check_shares(index)
    train_briefly(index, camera, batches, work / "pretrained_model")
    check_export(index, camera, work / "pretrained_model", work)
    print(json.dumps({"faults": faults}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
