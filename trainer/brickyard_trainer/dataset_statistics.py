"""Mean and std that normalise state and action: those of meta/stats.json, or else those of the rows."""

import sys
from pathlib import Path

import numpy as np

from .durable import read_json

STATISTICS = ("mean", "std")


def normalising_statistics(root: Path, columns: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """float32 mean and std by feature. Says on stderr what it had to compute, and why."""
    stored = read_stats(root)
    return {key: feature_statistics(root, key, stored.get(key), rows) for key, rows in columns.items()}


def read_stats(root: Path) -> dict:
    path = root / "meta" / "stats.json"
    stats = read_json(path) if path.is_file() else {}
    return stats if isinstance(stats, dict) else {}


def feature_statistics(root: Path, key: str, stored: object, rows: np.ndarray) -> dict[str, np.ndarray]:
    computed = {"mean": rows.mean(axis=0, dtype=np.float64), "std": rows.std(axis=0, dtype=np.float64)}
    made = {name: as_vector(stored, name, rows.shape[1]) for name in STATISTICS}
    why = None
    if any(vector is None for vector in made.values()):
        why = "lacks the mean and std"
    elif ((made["std"] == 0) & (computed["std"] > 1e-6)).any():
        why = "has 0 as the std"  # what lerobot up to 0.5.1 computes of small integers
    if why is not None:
        print(
            f"warning: {root / 'meta' / 'stats.json'} {why} of {key}: computed from its {len(rows)} rows",
            file=sys.stderr,
            flush=True,
        )
        made = computed
    return {name: np.asarray(vector, dtype=np.float32) for name, vector in made.items()}


def as_vector(stored: object, name: str, size: int) -> np.ndarray | None:
    """None where it is missing, of another size or not finite."""
    try:
        vector = np.asarray(stored[name], dtype=np.float64).reshape(-1)
    except (KeyError, TypeError, ValueError):
        return None
    return vector if len(vector) == size and np.isfinite(vector).all() else None
