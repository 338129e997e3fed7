"""Batches as lerobot's policies take them, straight from arrays: no workers, no decoding, no state."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .dataset_index import ACTION, STATE, DatasetIndex
from .sampling import Sampler


class Batches:
    """`batch(step)` is a pure function of seed and step.

    `frames`: by camera, uint8 (N, H, W, 3) as memmap or as a tensor that is on the device already, or
    features of them, float32 (N, C, h, w), which a batch has as they are.
    `augmentation`: called with (float frames (B, 3, H, W) in 0..1, a torch generator that seed and step fix).
    """

    def __init__(
        self,
        index: DatasetIndex,
        frames: Mapping[str, np.ndarray | Tensor],
        episodes: Sequence[int],
        chunk: int,
        batch_size: int,
        seed: int,
        dataset_weights: Mapping[str, float] | None = None,
        source_share: Mapping[str, float] | None = None,
        augmentation: Any = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self.index = index
        self.frames = dict(frames)
        self.chunk = chunk
        self.seed = seed
        self.augmentation = augmentation
        self.device = torch.device(device)
        self.sampler = Sampler(index, episodes, batch_size, seed, dataset_weights, source_share)
        self.starts = np.array([episode.start for episode in index.episodes])
        self.stops = np.array([episode.stop for episode in index.episodes])

    @property
    def steps_per_epoch(self) -> float:
        return self.sampler.steps_per_epoch

    def batch(self, step: int) -> dict[str, Tensor]:
        """See `gather`; B rows drawn for this step (from 0)."""
        batch = self.gather(self.sampler.rows(step))
        if self.augmentation is not None:
            generator = torch.Generator(device=self.device)
            generator.manual_seed(
                int(np.random.SeedSequence([self.seed, step]).generate_state(1, np.uint64)[0] >> 1)
            )
            for camera in self.frames:
                batch[camera] = self.augmentation(batch[camera], generator)
        return batch

    def gather(self, rows: np.ndarray) -> dict[str, Tensor]:
        """The samples that start at these rows.

        Cameras float32 (B, 3, H, W) in 0..1, state (B, S), action (B, chunk, A), action_is_pad (B, chunk):
        beyond the episode's end or from an invalid label on; episode_index (B,) int64 on the CPU.
        """
        episode, within, is_pad = self.chunks(rows)
        batch = {
            STATE: self.place(self.index.state[rows]),
            ACTION: self.place(self.index.action[within]),
            "action_is_pad": self.place(is_pad),
            "episode_index": torch.from_numpy(episode.astype(np.int64)),
        }
        for camera, frames in self.frames.items():
            batch[camera] = self.pictures(frames, rows)
        return batch

    def chunks(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Episodes (B,), the rows of the actions (B, chunk) and which of them do not count (B, chunk)."""
        episode = np.searchsorted(self.starts, rows, side="right") - 1
        steps = rows[:, None] + np.arange(self.chunk)
        last = self.stops[episode][:, None] - 1
        within = np.minimum(steps, last)
        # From the first invalid label on: later ones answer to states that somebody else drove to.
        invalid = np.maximum.accumulate(~self.index.label_valid[within], axis=1)
        return episode, within, (steps > last) | invalid

    def kept_steps(self, step: int) -> int:
        """Actions of `batch(step)` that count; reads no picture."""
        return int((~self.chunks(self.sampler.rows(step))[2]).sum())

    def pictures(self, frames: np.ndarray | Tensor, rows: np.ndarray) -> Tensor:
        if isinstance(frames, Tensor):
            some = frames[torch.from_numpy(rows).to(frames.device)]
        else:
            some = self.place(np.asarray(frames[rows]))
        some = some.to(self.device)
        return pictures_of(some) if some.dtype == torch.uint8 else some

    def place(self, array: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if self.device.type != "cuda":
            return tensor
        return tensor.pin_memory().to(self.device, non_blocking=True)


def pictures_of(frames: Tensor) -> Tensor:
    """uint8 (n, H, W, 3) to float32 (n, 3, H, W) in 0..1."""
    return frames.permute(0, 3, 1, 2).float() / 255.0


def on_device(frames: np.ndarray, device: str | torch.device, reserve: float = 0.5) -> np.ndarray | Tensor:
    """The frames as a tensor on the GPU when they take at most `reserve` of its free memory, else as they
    are.
    """
    device = torch.device(device)
    if device.type != "cuda" or frames.nbytes > torch.cuda.mem_get_info(device)[0] * reserve:
        return frames
    out = torch.empty(frames.shape, dtype=torch.from_numpy(frames[:0].copy()).dtype, device=device)
    for start in range(0, len(frames), 4096):
        out[start : start + 4096] = torch.from_numpy(np.array(frames[start : start + 4096]))
    return out
