"""The loss on held-out episodes."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch

from .batches import Batches


@torch.no_grad()
def validation_loss(
    policy, preprocessor, batches: Batches | None, count: int, autocast: Callable[[], AbstractContextManager]
) -> float | None:
    """Mean absolute error of normalised actions over `count` fixed batches; None without episodes.

    As at inference: no dropout, no latent from the answer. So it is not on the scale of a loss with a VAE.
    """
    if batches is None:
        return None
    error, steps = 0.0, 0
    for number in range(count):
        batch = batches.batch(number)
        batch.pop("episode_index")
        batch = preprocessor(batch)
        kept = ~batch["action_is_pad"]
        with autocast():
            difference = (policy.predict_action_chunk(batch).float() - batch["action"]).abs().mean(-1)
        error += float((difference * kept).sum())
        steps += int(kept.sum())
    policy.train()
    return error / steps if steps else None
