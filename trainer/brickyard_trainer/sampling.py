"""Which rows each step trains on: a pure function of the seed and the step, so that resuming needs no state.

Rows are drawn by epochs. In one epoch each group (dataset x source) is drawn as often as its share asks, to
the row: through all of its rows before any of them comes again, in an order that the seed and the epoch fix.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from .dataset_index import DatasetIndex, Episode
from .errors import InputError

FITTING_ROUNDS = 200

Part = tuple[int, str]
"""Position and name of a merged dataset."""


class Sampler:
    """Rows to train on.

    `dataset_weights`: by name of a merged dataset, overriding those of metadata.json; a dataset's share of
    the samples is its weight of the sum; datasets of one name stay apart, and a name's override is the weight
    of each of them. `source_share`: by source, of 1; sources that are not named share
    the rest by their numbers of rows. Without either, each row with a valid label comes once an epoch.
    """

    def __init__(
        self,
        index: DatasetIndex,
        episodes: Sequence[int],
        batch_size: int,
        seed: int,
        dataset_weights: Mapping[str, float] | None = None,
        source_share: Mapping[str, float] | None = None,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"the batch size is {batch_size}; it must be at least 1")
        self.batch_size = batch_size
        self.seed = seed
        members = [index.episodes[k] for k in episodes]
        rows = trainable_rows(index, members)
        if len(rows) == 0:
            raise InputError(f"none of the {len(members)} episodes chosen of {index.root} has a valid label")
        datasets, dataset_of = groups_by_dataset(members, rows)
        weights = resolve_weights(members, datasets, dataset_weights)
        codes, source_of = np.unique(index.source[rows], return_inverse=True)
        sources = [index.source_names[c] if c < len(index.source_names) else str(c) for c in codes]
        counts = np.zeros((len(datasets), len(sources)), dtype=np.int64)
        np.add.at(counts, (dataset_of, source_of), 1)
        weighted = weights is not None or source_share
        shares = group_shares(counts, weights, resolve_shares(counts.sum(0), sources, source_share))
        group_of = dataset_of * len(sources) + source_of
        self.groups = [rows[group_of == g] for g in range(counts.size)]
        self.quotas = largest_remainder(shares.ravel(), len(rows)) if weighted else counts.ravel()
        self.epoch_rows = int(self.quotas.sum())
        self._cached: tuple[int, np.ndarray] | None = None

    @property
    def steps_per_epoch(self) -> float:
        return self.epoch_rows / self.batch_size

    def rows(self, step: int) -> np.ndarray:
        """The dataset's rows of this step (from 0), int64 (batch_size,)."""
        start = step * self.batch_size
        out: list[np.ndarray] = []
        missing = self.batch_size
        while missing:
            epoch, at = divmod(start, self.epoch_rows)
            some = self.epoch_order(epoch)[at : at + missing]
            out.append(some)
            start += len(some)
            missing -= len(some)
        return np.concatenate(out)

    def epoch_order(self, epoch: int) -> np.ndarray:
        if self._cached is None or self._cached[0] != epoch:
            generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, epoch])))
            drawn = [
                draw_group(generator, rows, int(quota))
                for rows, quota in zip(self.groups, self.quotas, strict=True)
            ]
            self._cached = (epoch, generator.permutation(np.concatenate(drawn)))
        return self._cached[1]


def draw_group(generator: np.random.Generator, rows: np.ndarray, quota: int) -> np.ndarray:
    if quota == 0 or len(rows) == 0:
        return rows[:0]
    rounds = -(-quota // len(rows))
    return np.concatenate([generator.permutation(rows) for _ in range(rounds)])[:quota]


def trainable_rows(index: DatasetIndex, episodes: Sequence[Episode]) -> np.ndarray:
    """Rows whose own label is valid: a chunk that starts with an unknown action teaches what follows it, not
    it.
    """
    rows = [np.arange(episode.start, episode.stop, dtype=np.int64) for episode in episodes]
    everything = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    return everything[index.label_valid[everything]]


def part_of(episode: Episode) -> Part:
    return episode.dataset_number, episode.dataset


def groups_by_dataset(episodes: Sequence[Episode], rows: np.ndarray) -> tuple[list[Part], np.ndarray]:
    """The datasets by position, and for each row which of them it is from."""
    parts = sorted({part_of(episode) for episode in episodes})
    ordered = sorted(episodes, key=lambda episode: episode.start)
    starts = np.array([episode.start for episode in ordered])
    numbers = np.array([parts.index(part_of(episode)) for episode in ordered])
    return parts, numbers[np.searchsorted(starts, rows, side="right") - 1]


def resolve_weights(
    episodes: Sequence[Episode], parts: Sequence[Part], overrides: Mapping[str, float] | None
) -> np.ndarray | None:
    """Shares of the datasets; None where nobody asked for any."""
    names = sorted({name for _, name in parts})
    unknown = sorted(set(overrides or {}) - set(names))
    if unknown:
        raise InputError(f"dataset weights name {', '.join(unknown)}, but the dataset has {', '.join(names)}")
    stored = {part_of(episode): episode.dataset_weight for episode in episodes}
    if not overrides and len(parts) == 1:
        return None
    weights = np.array([float((overrides or {}).get(part[1], stored[part])) for part in parts])
    if (weights < 0).any() or not np.isfinite(weights).all() or weights.sum() == 0:
        raise InputError(
            f"dataset weights are {weights.tolist()}; none may be negative and one must be positive"
        )
    return weights / weights.sum()


def resolve_shares(
    counts: np.ndarray, sources: Sequence[str], asked: Mapping[str, float] | None
) -> np.ndarray | None:
    if not asked:
        return None
    total = sum(asked.values())
    if min(asked.values()) < 0 or total > 1 + 1e-9:
        raise InputError(f"source shares are {dict(asked)}; each must be 0 or more and their sum at most 1")
    absent = [name for name, share in asked.items() if share > 0 and name not in sources]
    if absent:
        raise InputError(
            f"a share of source {', '.join(absent)} is asked for, but the episodes have {', '.join(sources)}"
        )
    rest = np.array([0.0 if name in asked else float(n) for name, n in zip(sources, counts, strict=True)])
    if rest.sum() == 0 and total < 1 - 1e-9:
        raise InputError(
            f"source shares sum to {total:g}, but no other source is there for the rest: sum to 1"
        )
    shares = np.array([float(asked.get(name, 0)) for name in sources])
    return shares + (rest / rest.sum() * (1 - total) if rest.sum() else 0)


def group_shares(counts: np.ndarray, datasets: np.ndarray | None, sources: np.ndarray | None) -> np.ndarray:
    """Shares of the groups (datasets x sources) that meet both margins, as near to the counts as they allow.

    Iterative proportional fitting. Raises where no such shares exist, as when one dataset has only one
    source.
    """
    shares = counts / counts.sum()
    for _ in range(FITTING_ROUNDS):
        if datasets is not None:
            shares = shares * (datasets / np.maximum(shares.sum(1), 1e-300))[:, None]
        if sources is not None:
            shares = shares * (sources / np.maximum(shares.sum(0), 1e-300))
    for wanted, axis in ((datasets, 1), (sources, 0)):
        if wanted is not None and np.abs(shares.sum(axis) - wanted).max() > 0.005:
            raise InputError(
                "dataset weights and source shares contradict each other on this data: "
                f"asked for {np.round(wanted, 3).tolist()}, possible {np.round(shares.sum(axis), 3).tolist()}"
            )
    return shares


def largest_remainder(shares: np.ndarray, total: int) -> np.ndarray:
    exact = shares * total
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole
