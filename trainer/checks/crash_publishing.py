"""Ends a publisher before and after each of its writes and deletions, and looks at what is left.

`crash_publishing.py SEEDS`: made-up runs with losses by chance, ties, none and NaN among them. The last line
of stdout is {"crashes": ..., "faults": [...]}, an entry for each promise that was broken.
"""

import json
import math
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from brickyard_trainer.publishing.manifest import best_of, name_of, published
from brickyard_trainer.publishing.store import ObjectInfo, StoreError, digest_of
from brickyard_trainer.publishing.stored_run import StoredRun

LOSSES = [0.1, 0.2, 0.2, 0.5, None, math.nan]
KEEP_LAST = 3


class Killed(BaseException):
    """Nobody catches it: the process is gone."""


class MemoryStore:
    """Ends its caller before (even) or after (odd) one of its changes; each change is whole."""

    url = "memory:"

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, int]] = {}
        self.changes = 0
        self.killed_at: int | None = None

    def list(self, prefix):
        return [self.stat(path) for path in sorted(self.objects) if path.startswith(prefix)]

    def stat(self, path):
        if path not in self.objects:
            return None
        content, generation = self.objects[path]
        return ObjectInfo(path, len(content), str(generation), f"md5:{digest_of('md5', content)}")

    def read(self, path, from_byte=0):
        if path not in self.objects:
            raise StoreError("not-found", path)
        yield self.objects[path][0][from_byte:]

    def change(self, action) -> None:
        if self.killed_at == 2 * self.changes:
            raise Killed
        action()
        self.changes += 1
        if self.killed_at == 2 * self.changes - 1:
            raise Killed

    def write(self, path, source, *, if_absent=False, if_generation=None, on_sent=None):
        there = self.stat(path)
        if (if_absent and there) or (if_generation and (not there or there.generation != if_generation)):
            raise StoreError("conflict", path)
        content = source if isinstance(source, bytes) else source.read_bytes()
        self.change(lambda: self.objects.__setitem__(path, (content, self.changes + 1)))
        return self.stat(path)

    def write_all(self, entries, *, if_absent=False, on_sent=None):
        for i, (path, source) in enumerate(entries):
            self.write(path, source, if_absent=if_absent and i == len(entries) - 1)

    def delete(self, path, *, if_generation=None):
        self.change(lambda: self.objects.pop(path, None))

    def delete_all(self, paths):
        for path in paths:
            self.delete(path)


def checkpoints(folder: Path, losses: list[float | None]) -> list[tuple[Path, dict]]:
    made = []
    for i, loss in enumerate(losses):
        here = folder / f"{i}"
        here.mkdir()
        (here / "model.safetensors").write_bytes(f"weights of {i}".encode())
        (here / "checkpoint.json").write_text("{}")
        made.append((here, {"step": 10 * (i + 1), "epoch": i + 1.0, "loss": 1.0, "validation_loss": loss}))
    return made


def publish_from(store: MemoryStore, made: list[tuple[Path, dict]], begin: int) -> int:
    """What a host does that was killed: all that is newer than storage. Returns how many it published."""
    run = StoredRun(store, "made-up", KEEP_LAST)
    done = begin
    for folder, summary in made[begin:]:
        run.publish(folder, summary)
        done += 1
    return done


def faults_in(store: MemoryStore, ever: bool) -> list[str]:
    there = published(store)
    faults = [] if there or not ever else ["none is left to resume from"]
    if len(there) > KEEP_LAST + 2:
        faults.append(f"{len(there)} checkpoints are kept")
    for one in there:
        for file in one.files:
            content, _ = store.objects.get(f"checkpoints/{one.name}/{file['path']}", (b"", 0))
            if digest_of("sha256", content) != file["sha256"]:
                faults.append(f"{one.name}/{file['path']} is not what its manifest says")
    return faults


def check(seed: int, folder: Path) -> tuple[int, list[str]]:
    losses = random.Random(seed).choices(LOSSES, k=6)
    made = checkpoints(folder, losses)
    undisturbed = MemoryStore()
    publish_from(undisturbed, made, 0)
    faults = [f"seed {seed}: {fault}" for fault in faults_in(undisturbed, True)]
    wanted = published(undisturbed)
    finite = [loss for loss in losses if loss is not None and math.isfinite(loss)]
    if finite and best_of(wanted).validation_loss != min(finite):
        faults.append(f"seed {seed}: the best of {losses} is gone")
    for at in range(2 * undisturbed.changes):
        store = MemoryStore()
        store.killed_at = at
        try:
            publish_from(store, made, 0)
        except Killed:
            store.killed_at = None
        where = f"seed {seed}, killed at {at}"
        ever = any(path.endswith("/manifest.json") for path in store.objects)
        faults += [f"{where}: {fault}" for fault in faults_in(store, ever)]
        steps = [one.step for one in published(store)]
        publish_from(store, made, max(steps, default=0) // 10)
        # The last one is published again in any case: that sweeps and points as if nothing had been.
        publish_from(store, made, len(made) - 1)
        same = {path: content for path, (content, _) in undisturbed.objects.items() if "manifest" not in path}
        left = {path: content for path, (content, _) in store.objects.items() if "manifest" not in path}
        if left != same or [one.name for one in published(store)] != [one.name for one in wanted]:
            faults.append(f"{where}: {sorted(left.keys() ^ same.keys())} differ at the end")
    return 2 * undisturbed.changes, faults


def misnamed() -> list[str]:
    """Of schedules by chance: every whole epoch that is due, and nothing else, is called one."""
    rng, faults = random.Random(7), []
    for _ in range(500):
        steps_per_epoch, every = rng.uniform(3, 5000), rng.choice([0.5, 1, 5, 50])
        due_steps = max(1, round(every * steps_per_epoch))
        for k in (2, 4, 20):
            named = name_of(k * due_steps, round(k * due_steps / steps_per_epoch, 4), every)
            if named != f"act_epoch_{int(k * every):03d}":
                faults.append(f"step {k * due_steps} of {steps_per_epoch} an epoch is called {named}")
        step = rng.randrange(1, due_steps + 1)
        if step < due_steps and due_steps > 20:
            named = name_of(step, round(step / steps_per_epoch, 4), every)
            if named != f"act_step_{step:06d}":
                faults.append(f"step {step}, which is not due, is called {named}")
    return faults


def main(seeds: int) -> int:
    crashes, faults = 0, misnamed()
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            count, found = check(seed, Path(folder))
        crashes += count
        faults += found
    print(json.dumps({"crashes": crashes, "faults": faults[:20]}))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
