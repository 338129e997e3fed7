"""`notify=COMMAND`: each report goes to a command of the user's, as JSON on its stdin."""

import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TIMEOUT_S = 30


class Notifier:
    """Runs the command beside the training, one report after the other; what goes wrong is a warning."""

    def __init__(self, command: str | None) -> None:
        self.argv = shlex.split(command) if command else []
        self.queue = ThreadPoolExecutor(max_workers=1) if self.argv else None

    def send(self, report: dict) -> None:
        if self.queue:
            self.queue.submit(self.run, json.dumps(report))

    def run(self, text: str) -> None:
        try:
            done = subprocess.run(
                self.argv,
                input=text,
                text=True,
                timeout=TIMEOUT_S,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"warning: notify: {self.argv[0]} did not run: {error}", file=sys.stderr, flush=True)
            return
        if done.returncode != 0:
            why = done.stderr.strip().splitlines()[-1:] or [""]
            print(
                f"warning: notify: {self.argv[0]} ended with code {done.returncode} {why[0]}",
                file=sys.stderr,
                flush=True,
            )

    def close(self) -> None:
        """Waits for what has been sent."""
        if self.queue:
            self.queue.shutdown(wait=True)
