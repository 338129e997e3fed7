"""`data.augmentation`: which changes of the pictures the batches get."""

from collections.abc import Callable


def augmentation_of(wanted: bool) -> Callable | None:
    """None without; else what Batches calls with frames and a generator."""
    if not wanted:
        return None
    from .augmentation import Augmentation

    return Augmentation()
