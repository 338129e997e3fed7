"""Runs train.py in forks of this process, which pays once for the imports; for the scripts beside it."""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "BRICKYARD_EVENTS": "1",
}

import train

SMALL = ["policy=act_small", "policy.dim_model=32", "policy.dim_feedforward=32", "policy.n_heads=2"]
SMALL += [
    "policy.input_height_px=32",
    "policy.input_width_px=48",
    "training.batch_size=4",
    "hardware.threads=1",
]
SMALL += ["training.lr=0.003", "training.warmup_steps=0", "training.schedule=constant", "policy.dropout=0.01"]
SMALL += ["training.steps=24", "training.log_every=3", "checkpoint.every_steps=6", "checkpoint.export=none"]


def start(arguments: list[str], output: Path, before: Callable[[], None] | None = None) -> int:
    """Process id of a child that runs train.py and writes what it says to `output`.out and .err.

    `before` is called in the child: what it changes there is gone with it.
    """
    child = os.fork()
    if child:
        return child
    code = 99
    with contextlib.suppress(BaseException):
        for number, suffix in ((1, "out"), (2, "err")):
            file = os.open(f"{output}.{suffix}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
            os.dup2(file, number)
        sys.argv = ["trainer/train.py", *arguments]
        if before:
            before()
        code = train.main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def quoted(text: str) -> str:
    """As a string of Hydra's override grammar."""
    return "'" + text.replace("'", "\\'") + "'"


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Runs:
    """Base of what judges trainings: every run is a fork of this process, and faults are gathered."""

    def __init__(self, dataset: Path, work: Path) -> None:
        self.dataset = dataset
        self.base = [f"data.root={dataset}", *SMALL]
        self.work = work
        self.faults: list[str] = []

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.faults.append(what)

    def run(
        self,
        name: str,
        *arguments: str,
        code: int = 0,
        base: list[str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> str:
        """What it said on stderr."""
        output = self.work / f"{name}.log"
        found = ended(start([*(self.base if base is None else base), *arguments], output, before))
        text = Path(f"{output}.err").read_text()
        self.expect(found == code, f"{name}: exit code {found}, not {code}: {text[-600:]}")
        if code:
            self.expect("Traceback" not in text, f"{name}: prints a traceback")
        if code > 0:
            errors = [line for line in text.splitlines() if line.startswith("error: ")]
            self.expect(len(errors) == 1, f"{name}: not one error: {text[-600:]}")
            told = [
                event["message"].splitlines()[0] for event in self.events(name) if event["event"] == "failure"
            ]
            self.expect(told == [error[len("error: ") :] for error in errors], f"{name}: told {told}")
        return text

    def resumed_again(self, source: str, name: str, step: int) -> str:
        """A copy of a run as it was after `step`, gone on with; what it said."""
        run = self.work / name
        shutil.copytree(self.work / source, run, symlinks=True)
        for folder in (run / "checkpoints").iterdir():
            if folder.is_symlink():
                folder.unlink()
            elif int(folder.name) > step:
                shutil.rmtree(folder)
        return self.run(f"{name}-resumed", f"resume={run}", base=[])

    def events(self, name: str) -> list[dict]:
        return [json.loads(line) for line in (self.work / f"{name}.log.out").read_text().splitlines()]

    def kind(self, name: str) -> str | None:
        """Of the failure that it told of."""
        return next((event["kind"] for event in self.events(name) if event["event"] == "failure"), None)

    def curve(self, name: str) -> list[tuple]:
        lines = (self.work / name / "metrics.jsonl").read_text().splitlines()
        return [tuple(json.loads(line)[key] for key in ("step", "loss", "lr", "grad_norm")) for line in lines]

    def judge(self, *parts: Callable[[], None]) -> None:
        """Runs the parts one after the other; prints {"faults": […]} as the last line."""
        for part in parts:
            try:
                part()
            except Exception as error:
                self.faults.append(f"{part.__name__}: {type(error).__name__}: {error}")
        print(json.dumps({"faults": self.faults}), flush=True)
