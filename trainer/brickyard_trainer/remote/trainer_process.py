"""The trainer as a child: its events become the status, all that it says goes to the log."""

import ctypes
import json
import math
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from . import agent_lock
from .marked_processes import MARK, kill_marked
from .run_paths import RunPaths
from .status_file import StatusFile, now_ms

PR_SET_PDEATHSIG = 1
LONGEST_MESSAGE = 2000
"""The status is read every few seconds."""


class TrainerProcess:
    """In a session of its own. Ends, with a checkpoint, when the agent dies, even by SIGKILL."""

    def __init__(
        self, argv: list[str], env: dict[str, str], status: StatusFile, log: "Log", paths: RunPaths
    ) -> None:
        self.status, self.log, self.paths = status, log, paths
        libc = ctypes.CDLL(None)
        agent = os.getpid()

        def tie() -> None:
            # accelerate closes the pipe that one trainer would notice us by (parent.py); this reaches either.
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != agent:
                os._exit(1)

        self.failure: dict[str, str] | None = None
        """What it said of its end; of several processes the first one counts."""
        self.process = subprocess.Popen(
            argv,
            env={**env, MARK: str(paths.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=tie,
        )
        agent_lock.note_process(paths.trainer_pid, self.process.pid)
        self.readers = [
            threading.Thread(target=self.read, args=(self.process.stdout, self.event), daemon=True),
            threading.Thread(target=self.read, args=(self.process.stderr, self.log.line), daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    def exit_code(self) -> int | None:
        """None while it runs; 128 + signal where one ended it."""
        code = self.process.poll()
        return None if code is None else code if code >= 0 else 128 - code

    def signal(self, number: int) -> None:
        """To the leader alone: accelerate passes it on, and a second one would end its processes at once."""
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        kill_marked(self.paths)

    def finish(self) -> None:
        """Ends what it left behind and reads the last lines."""
        self.kill()
        for reader in self.readers:
            reader.join(timeout=10)

    def read(self, stream, take: Callable[[str], None]) -> None:
        """To the end, whatever a line holds: a pipe that nobody reads stops the trainer."""
        for raw in stream:
            try:
                take(raw.decode("utf-8", "replace").rstrip("\n"))
            except Exception as error:
                self.log.say(f"a line could not be taken: {error!r}")

    def event(self, line: str) -> None:
        self.log.line(line)
        try:
            said = json.loads(line)
            name = said["event"]
        except (ValueError, KeyError, TypeError):
            return
        if name == "start":
            self.status.write(state="training", step=said["step"], steps=said["steps"], steppedAtMs=now_ms())
        elif name == "step":
            self.status.write(
                step=said["step"], steps=said["steps"], loss=finite(said["loss"]), steppedAtMs=now_ms()
            )
        elif name == "failure" and self.failure is None:
            self.failure = failure(str(said["kind"]), self.log.clean(str(said["message"])))
        elif name in ("checkpoint", "exported"):  # work between steps, which may take a while
            self.status.write(steppedAtMs=now_ms())


def failure(kind: str, message: str) -> dict[str, str]:
    """As the status has it."""
    return {"kind": kind, "message": message[:LONGEST_MESSAGE]}


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


class Log:
    """train.log, with the known secrets taken out of every line."""

    def __init__(self, path: Path, secrets: dict[str, str]) -> None:
        self.file = open(path, "ab", buffering=0)  # noqa: SIM115 - it stays open as long as the process
        self.secrets = sorted((v for v in secrets.values() if len(v) >= 6), key=len, reverse=True)
        self.guard = threading.Lock()

    def clean(self, text: str) -> str:
        for value in self.secrets:
            text = text.replace(value, "[secret]")
        return text

    def line(self, text: str) -> None:
        text = self.clean(text)
        with self.guard:
            try:
                self.file.write(text.encode() + b"\n")
            except OSError:
                return  # a full disk must not stop the training for the sake of its log

    def say(self, text: str) -> None:
        self.line(f"[agent] {text}")
