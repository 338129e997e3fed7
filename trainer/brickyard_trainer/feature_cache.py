"""What a frozen picture network makes of every frame, computed once: `policy.freeze_backbone`.

Its features are constants of a training that does not change its weights. They are kept as float32, not
float16: then the losses are those of a training without the cache, and 128 x 4 x 6 float32 (act_small) or
512 x 7 x 7 (act) are two thirds of the frame's own bytes, which the frame cache holds already.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from .array_cache import ArrayFile, cache_folder, keyed_path
from .batches import pictures_of
from .dataset_index import DatasetIndex
from .frame_cache import cache_key

FEATURES_VERSION = 1
BATCH_FRAMES = 32
SHAPING = ("type", "vision_backbone", "replace_final_stride_with_dilation")
"""Settings that change what the same weights answer."""


class PassThrough(nn.Module):
    """In the backbone's place: its input are the features."""

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {"feature_map": features}


class FrozenBackbone:
    """Takes the backbone out of a policy; what is saved has it back in."""

    def __init__(self, policy: nn.Module, preprocessor: Callable[[dict], dict], cameras: list[str]) -> None:
        self.model = policy.model
        self.config = policy.config
        self.backbone = policy.model.backbone.train()  # as a training without the cache has it
        self.preprocessor = preprocessor
        self.cameras = cameras

    @torch.no_grad()
    def features(self, camera: str, frames: np.ndarray, device: torch.device) -> Tensor:
        """Of uint8 frames (n, H, W, 3), as the training would make them: float32 (n, C, h, w)."""
        batch = self.preprocessor({camera: pictures_of(torch.from_numpy(np.array(frames)).to(device))})
        return self.backbone(batch[camera])["feature_map"].float()

    def key(self, index: DatasetIndex, camera: str, frames: np.ndarray, device: torch.device) -> dict:
        """All that the features depend on: weights, frames, normalisation (by what it makes of one frame)."""
        weights = hashlib.sha256()
        for name, value in sorted(self.backbone.state_dict().items()):
            weights.update(f"{name} {tuple(value.shape)}".encode())
            weights.update(value.detach().cpu().contiguous().numpy().tobytes())
        probe = self.preprocessor({camera: pictures_of(torch.from_numpy(np.array(frames[:1])).to(device))})
        return {
            "features": FEATURES_VERSION,
            "frames": cache_key(index, camera, *frames.shape[1:3]),
            "weights": weights.hexdigest(),
            "normalised": hashlib.sha256(probe[camera].cpu().contiguous().numpy().tobytes()).hexdigest(),
            "device": device.type,
            "torch": torch.__version__,
            **{name: getattr(self.config, name) for name in SHAPING},
        }

    def remove(self) -> None:
        self.model.backbone = PassThrough()

    def prepared(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The preprocessor's work, which is not for features."""
        features = {camera: batch.pop(camera) for camera in self.cameras}
        return {**self.preprocessor(batch), **features}

    @contextlib.contextmanager
    def put_back(self) -> Iterator[None]:
        """The whole policy, to save it."""
        self.model.backbone = self.backbone
        try:
            yield
        finally:
            self.remove()


@dataclass(frozen=True)
class Share:
    """Rows that one of several processes computes."""

    start: int
    stop: int


def share_of(rows: int, process: int, processes: int) -> Share:
    """Adjacent, together all rows, their numbers at most one apart."""
    return Share(rows * process // processes, rows * (process + 1) // processes)


def open_feature_cache(
    frozen: FrozenBackbone,
    index: DatasetIndex,
    camera: str,
    frames: np.ndarray,
    accelerator: Accelerator,
    root: str | Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> np.memmap:
    """float32 (N, C, h, w), read-only; every process of the accelerator computes its share, on its GPU.

    Raises InputError where the disk lacks the space.
    """
    device = accelerator.device
    shape = (len(frames), *frozen.features(camera, frames[:1], device).shape[1:])
    path = keyed_path(root or cache_folder("features"), frozen.key(index, camera, frames, device), ".f32")
    file = ArrayFile(path, shape, np.float32, f"the cache of the frozen backbone's features of {index.root}")
    with file.locked() if accelerator.is_main_process else contextlib.nullcontext():
        accelerator.wait_for_everyone()
        # Each process looks before the main one can publish: all take the same way.
        complete = file.is_complete()
        accelerator.wait_for_everyone()
        if not complete:
            build(frozen, camera, frames, file, accelerator, on_progress)
    return file.read()


def build(
    frozen: FrozenBackbone,
    camera: str,
    frames: np.ndarray,
    file: ArrayFile,
    accelerator: Accelerator,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    file.check_space()
    try:
        if accelerator.is_main_process:
            with file.temporary.open("wb") as made:
                os.posix_fallocate(made.fileno(), 0, file.size_bytes)
        accelerator.wait_for_everyone()
        share = share_of(len(frames), accelerator.process_index, accelerator.num_processes)
        write_rows(frozen, camera, frames, file, share, accelerator.device, on_progress)
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            file.publish()
        accelerator.wait_for_everyone()
    finally:
        if accelerator.is_main_process:
            file.temporary.unlink(missing_ok=True)


def write_rows(
    frozen: FrozenBackbone,
    camera: str,
    frames: np.ndarray,
    file: ArrayFile,
    share: Share,
    device: torch.device,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    row_bytes = file.size_bytes // max(len(frames), 1)
    with file.temporary.open("r+b") as written:
        written.seek(share.start * row_bytes)
        for start in range(share.start, share.stop, BATCH_FRAMES):
            stop = min(start + BATCH_FRAMES, share.stop)
            features = frozen.features(camera, frames[start:stop], device)
            written.write(features.cpu().contiguous().numpy().data)
            if on_progress:
                on_progress(stop - share.start, share.stop - share.start)
        written.flush()
        os.fsync(written.fileno())
