"""A run's checkpoints as they lie on the disk: which there are, which are the best, and which stay.

checkpoints/success.json, when something that rolls policies out writes it, is {"NNNNNN": {"episodes": 100,
"successes": 91, …}, …}; the best of them then gets the link best_success and stays. Whatever a link in
checkpoints/ names stays, too: those that wait for their rollouts have one.

Imports neither torch nor lerobot, which take seconds.
"""

import shutil
from pathlib import Path

from .durable import link, read_json, read_lines
from .errors import InputError

SUMMARY = "checkpoint.json"
SUCCESS = "success.json"


class CheckpointFolder:
    """RUN/checkpoints."""

    def __init__(self, run: Path, keep_last: int = 1) -> None:
        self.folder = run / "checkpoints"
        self.keep_last = keep_last

    def all(self) -> list[dict]:
        """Summaries of the whole ones, oldest first: {name, step, epoch, loss, validation_loss}."""
        found = []
        for folder in self.folder.iterdir() if self.folder.is_dir() else []:
            if folder.name.isdigit() and not folder.is_symlink() and (folder / SUMMARY).exists():
                found.append({"name": folder.name, **read_json(folder / SUMMARY)})
        return sorted(found, key=lambda summary: summary["step"])

    def update_links(self, final: bool = False) -> None:
        """`last`, `best`, `best_success` and, at the end of a run, `final`."""
        summaries = self.all()
        if not summaries:
            return
        link(self.folder / "last", summaries[-1]["name"])
        if (best := best_by_loss(summaries)) is not None:
            link(self.folder / "best", best["name"])
        if (name := self.best_by_success()) is not None:
            link(self.folder / "best_success", name)
        if final:
            link(self.folder / "final", summaries[-1]["name"])

    def successes(self) -> dict[str, dict]:
        """Of success.json, those of the checkpoints that are here; each with its `rate`."""
        path = self.folder / SUCCESS
        if not path.exists():
            return {}
        try:
            tried = read_json(path)
            rows = {
                name: {**row, "rate": row["successes"] / row["episodes"]}
                for name, row in tried.items()
                if row["episodes"]
            }
        except (InputError, KeyError, TypeError, AttributeError):
            return {}  # its writer's affair; the training goes on
        return {summary["name"]: rows[summary["name"]] for summary in self.all() if summary["name"] in rows}

    def best_by_success(self) -> str | None:
        """Of equals the earliest."""
        rows = self.successes()
        return max(rows, key=lambda name: rows[name]["rate"], default=None)

    def remove_old(self) -> list[str]:
        """Deletes all but the newest `keep_last` and those that a link names; returns the names."""
        summaries = self.all()
        kept = {summary["name"] for summary in summaries[-self.keep_last :]}
        for entry in self.folder.iterdir():
            if entry.is_symlink():
                kept.add(entry.readlink().name)
        # After the links: whoever rolls out writes success.json before it takes its link away.
        kept.add(self.best_by_success())
        removed = [summary["name"] for summary in summaries if summary["name"] not in kept]
        for name in removed:
            # Renamed first: a crash half way must not leave a folder that looks whole.
            gone = self.folder / f".{name}.old"
            (self.folder / name).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
        return removed

    def sweep(self) -> None:
        """Removes what a killed process left half-written."""
        for entry in [*self.folder.glob(".*"), *self.folder.glob("*/.*")]:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def best_by_loss(summaries: list[dict]) -> dict | None:
    """By validation loss where one has it, else by the smoothed training loss; the earlier wins a tie."""
    key = "validation_loss" if any(s["validation_loss"] is not None for s in summaries) else "loss"
    return min((s for s in summaries if s[key] is not None), key=lambda s: (s[key], s["step"]), default=None)


def newest(run: Path) -> Path:
    """The newest whole checkpoint of a run.

    Raises:
        InputError: there is none.
    """
    summaries = CheckpointFolder(run).all()
    if not summaries:
        raise InputError(f"{run} has no checkpoint to resume from; start a new run")
    return run / "checkpoints" / summaries[-1]["name"]


def logged(run: Path) -> list[dict]:
    """What a run logged; rows without a step are damaged and left out."""
    return [row for row in read_lines(run / "metrics.jsonl") if isinstance(row.get("step"), int)]
