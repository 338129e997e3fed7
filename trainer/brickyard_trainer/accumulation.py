"""Several batches that make one step of the optimizer: training.accumulate of them in every process."""

from .batches import Batches


def batch_weight(batches: Batches, number: int, together: int) -> float:
    """How much batch `number` counts among the `together` adjacent ones of its step; 1 on average.

    A loss that is a mean over the steps that are not padded has fewer of them in some batches. Weighted by
    their numbers the gradients add up to that of one batch of all samples, on one process or on many.
    """
    if together == 1:
        return 1.0
    first = number // together * together
    kept = [batches.kept_steps(k) for k in range(first, first + together)]
    return kept[number - first] * together / sum(kept) if sum(kept) else 1.0
