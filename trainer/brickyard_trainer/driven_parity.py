"""Whether driving by the graph is driving by lerobot: frames of an episode in order, as `select_action`
answers them, each raw frame and raw state through lerobot's own processors.
"""

from pathlib import Path

import numpy as np
import torch

from .checkpoint_loading import Checkpoint
from .dataset_index import STATE, DatasetIndex
from .parity import given_frames, largest, run_graph
from .video_frames import read_frames

FRAMES = 12
"""More than one query of most policies, and an average of up to as many chunks."""


def driven_difference(
    checkpoint: Checkpoint, index: DatasetIndex, graph: Path, bounds: tuple[float, float]
) -> float:
    """The largest difference of an action that is executed, over the first frames of the longest episode."""
    episode = max(index.episodes, key=lambda episode: episode.stop - episode.start)
    rows = list(range(episode.start, min(episode.stop, episode.start + FRAMES)))
    frames = {camera: read_frames(index, camera, rows) for camera in checkpoint.cameras}
    states = index.state[rows]
    chunks = run_graph(graph, {**frames, STATE: states})
    steps = checkpoint.config.n_action_steps
    driven = driven_by_chunks(chunks, steps, checkpoint.temporal_ensemble).clip(*bounds)
    return largest(driven, driven_by_lerobot(checkpoint, frames, states).clip(*bounds))


@torch.no_grad()
def driven_by_lerobot(
    checkpoint: Checkpoint, frames: dict[str, np.ndarray], states: np.ndarray
) -> np.ndarray:
    """float32 (F, A), not clamped. Without a batch, as a robot's loop gives observations."""
    given = given_frames(checkpoint, frames)
    checkpoint.policy.reset()
    actions = []
    for k, state in enumerate(states):
        observation = {STATE: torch.from_numpy(state)}
        for camera, pictures in given.items():
            observation[camera] = torch.from_numpy(pictures[k]).permute(2, 0, 1).float() / 255.0
        action = checkpoint.policy.select_action(checkpoint.preprocessor(observation))
        actions.append(checkpoint.postprocessor(action)[0].numpy())
    checkpoint.policy.reset()
    return np.stack(actions)


def driven_by_chunks(chunks: np.ndarray, steps: int, ensemble: float | None) -> np.ndarray:
    """What a rollout executes of the chunks (F, chunk, A) that the graph answers in each frame: see
    policy/action-chunks.ts.
    """
    if ensemble is None:
        return np.stack([chunks[k - k % steps][k % steps] for k in range(len(chunks))])
    actions = []
    for k in range(len(chunks)):
        first = max(0, k - chunks.shape[1] + 1)
        rows = np.stack([chunks[asked][k - asked] for asked in range(first, k + 1)]).astype(np.float64)
        # Shifted, so that the largest weight is 1 whatever the coefficient's sign.
        exponents = -ensemble * np.arange(len(rows))
        weights = np.exp(exponents - exponents.max())
        actions.append((rows * weights[:, None]).sum(0) / weights.sum())
    return np.stack(actions).astype(np.float32)
