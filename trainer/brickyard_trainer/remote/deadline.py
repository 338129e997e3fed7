"""The dead man's switch: the supervisor renews, and when it stays away the training must end."""

import time
from collections.abc import Callable
from pathlib import Path


class Deadline:
    """Counts down from each renewal that it sees: a clock that is set right ends no training."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self.clock = clock
        self.seen: str | None = None
        self.ends_s: float | None = None

    def overdue(self) -> bool:
        """Without a readable file, what was read last goes on counting; without any, nothing is due."""
        try:
            said = self.path.read_text(encoding="utf-8")
            seconds = float(said.split()[0])
        except (OSError, ValueError, IndexError):
            said, seconds = self.seen, 0.0
        if said != self.seen:
            self.seen = said
            self.ends_s = self.clock() + seconds
        return self.ends_s is not None and self.clock() >= self.ends_s
