"""Publishes made-up checkpoints, as a training's host does, for tests that watch the storage meanwhile.

`publish_checkpoints.py URL FOLDER COUNT BYTES [KEEP]`: steps 10, 20, ..., bytes that follow from the step.
Its last line is {"steps": [...], "best": ..., "sent_bytes": ...}; a fault of storage ends it by code 1.
"""

import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from brickyard_trainer.publishing.store import StoreError, open_store
from brickyard_trainer.publishing.stored_run import StoredRun

LOSSES = [0.9, 0.3, 0.5, 0.6, 0.55, 0.7, 0.8]
"""Of the held-out episodes; the second checkpoint stays the best."""


def checkpoint(folder: Path, step: int, size: int) -> dict:
    """A checkpoint's folder, the same for the same step."""
    here = folder / f"{step:06d}"
    for part in ("pretrained_model", "training_state", "run"):
        (here / part).mkdir(parents=True, exist_ok=True)
    weights = hashlib.shake_256(f"{step}".encode()).digest(size)
    (here / "pretrained_model" / "model.safetensors").write_bytes(weights)
    (here / "training_state" / "progress.json").write_text(json.dumps({"step": step}))
    (here / "run" / "config.yaml").write_text("checkpoint:\n  every_epochs: 5\n")
    summary = {
        "step": step,
        "epoch": step / 2,
        "loss": 1 / step,
        "validation_loss": LOSSES[(step // 10 - 1) % len(LOSSES)],
    }
    (here / "checkpoint.json").write_text(json.dumps(summary))
    return summary


def main(url: str, folder: Path, count: int, size: int, keep: int = 3) -> int:
    run = StoredRun(open_store(url), "made-up", keep)
    sent = [0]

    def count_bytes(sent_bytes: int) -> None:
        sent[0] += sent_bytes

    run.on_sent = count_bytes
    try:
        newest = max(run.steps(), default=0)
        for step in range(10, 10 * count + 1, 10):
            summary = checkpoint(folder, step, size)
            if step > newest:
                run.publish(folder / f"{step:06d}", summary)
        print(json.dumps({"steps": run.steps(), "best": run.best_step(), "sent_bytes": sent[0]}))
    except StoreError as error:
        print(f"{error.fault}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])))
