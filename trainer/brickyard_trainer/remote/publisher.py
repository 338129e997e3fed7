"""Publishes each whole checkpoint beside the training, and the run's small files; tries again for ever."""

import shutil
import threading
import time
from collections.abc import Callable

from ..checkpoint_folder import CheckpointFolder, best_by_loss
from .run_paths import RunPaths
from .starting_point import staged
from .status_file import StatusFile

POLL_S = 2.0
SMALL_FILES = ("loss_curve.png", "reports.jsonl", "metrics.jsonl", "HANDOVER.md", "handover.json")
LONGEST_PAUSE_S = 60.0


class Publisher:
    """A thread. What fails is in the status as `uploadFault`; the training never waits for it."""

    def __init__(
        self, paths: RunPaths, storage, status: StatusFile, say: Callable[[str], None], poll_s: float = POLL_S
    ) -> None:
        self.paths, self.storage, self.status, self.say, self.poll_s = paths, storage, status, say, poll_s
        self.checkpoints = CheckpointFolder(paths.run)
        self.published: set[int] | None = None
        self.sent: dict[str, tuple[int, int]] = {}
        self.small_files_at_s = time.monotonic()
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.loop, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def finish(self, limit_s: float) -> bool:
        """Publishes what is left; returns whether all of it is there."""
        self.ending.set()
        self.thread.join(timeout=limit_s)
        return not self.thread.is_alive()

    def loop(self) -> None:
        pause_s = self.poll_s
        while True:
            ending = self.ending.is_set()
            try:
                busy = self.cycle(small_files=ending)
                pause_s = self.poll_s
                if self.status.now["uploadFault"] is not None:
                    self.status.write(uploadFault=None)
                if ending and not busy:
                    return
                if busy:
                    continue
            except Exception as error:
                sentence = (str(error).splitlines() or [type(error).__name__])[0]
                if sentence != self.status.now["uploadFault"]:
                    self.say(f"publishing fails: {sentence}")
                    self.status.write(uploadFault=sentence)
                pause_s = min(max(pause_s, 1.0) * 2, LONGEST_PAUSE_S)
            if ending:
                time.sleep(min(pause_s, 5.0))
            else:
                self.ending.wait(pause_s)

    def cycle(self, small_files: bool) -> bool:
        """Publishes one checkpoint; False when there was none to publish."""
        if self.published is None:
            self.published = set(self.storage.steps())
            if self.published:
                self.status.write(publishedStep=max(self.published))
        summary = self.next_one()
        if summary is None:
            if small_files or time.monotonic() - self.small_files_at_s > self.storage.small_files_every_s:
                self.small_files_at_s = time.monotonic()
                self.send_small_files()
            return False
        try:
            folder = staged(self.paths, summary["name"])
        except FileNotFoundError:
            return True  # deleted by train.py since; there is a newer one
        began_s = time.monotonic()
        self.storage.publish(folder, summary)
        shutil.rmtree(folder, ignore_errors=True)
        self.published.add(summary["step"])
        self.status.write(publishedStep=max(self.published))
        self.say(f"step {summary['step']:,} published in {time.monotonic() - began_s:.1f} s")
        return True

    def next_one(self) -> dict | None:
        """The newest first; of those that it was too slow for, only the best."""
        summaries = self.checkpoints.all()
        wanted = [*summaries[-1:], best_by_loss(summaries)]
        return next((s for s in wanted if s is not None and s["step"] not in self.published), None)

    def send_small_files(self) -> None:
        changed = {}
        for name in SMALL_FILES:
            path = self.paths.run / name
            if not path.exists():
                continue
            stat = path.stat()
            now = (stat.st_mtime_ns, stat.st_size)
            if self.sent.get(name) != now:
                changed[name] = now
        if changed:
            self.storage.put_all({name: self.paths.run / name for name in changed})
            self.sent |= changed
