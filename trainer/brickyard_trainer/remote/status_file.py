"""status.json: what the supervisor reads of a training (HostStatus in trainer/launch/remote/ports.ts)."""

import json
import threading
import time
from pathlib import Path


class StatusFile:
    """Rewritten whole, by rename, with a sequence number that goes on over attempts. Threads may share it.

    Not brought to the disk: it is written with every step that is logged, and is void once the machine died.
    """

    def __init__(self, path: Path, run_id: str, attempt: int) -> None:
        self.path = path
        self.guard = threading.Lock()
        before = read_status(path) or {}
        self.now = {
            "runId": run_id,
            "attempt": attempt,
            "sequence": int(before.get("sequence", 0)),
            "state": "setting-up",
            "exitCode": None,
            "failure": None,
            "step": 0,
            "steps": None,
            "loss": None,
            "steppedAtMs": None,
            "writtenAtMs": 0,
            "publishedStep": before.get("publishedStep"),
            "gpuMemoryBytes": None,
            "uploadFault": None,
        }

    def write(self, **changed: object) -> None:
        with self.guard:
            self.now.update(changed)
            self.now["sequence"] += 1
            self.now["writtenAtMs"] = now_ms()
            temporary = self.path.with_name(".status.json.tmp")
            try:
                temporary.write_text(json.dumps(self.now) + "\n", encoding="utf-8")
                temporary.replace(self.path)
            except OSError:
                return  # a full disk: the trainer, whose events are read here, must not wait for it


def read_status(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def now_ms() -> int:
    return int(time.time() * 1000)
