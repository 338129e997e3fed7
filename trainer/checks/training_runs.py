"""Runs train.py in all the ways that must not lose anything: python training_runs.py DATASET WORK.

Prints {"faults": […]} as its last line. Each run is a fork of this process: the imports are paid once.
"""

import contextlib
import errno
import io
import json
import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "BRICKYARD_EVENTS": "1",
}

from lerobot.configs.train import TrainPipelineConfig
from lerobot.policies.factory import make_pre_post_processors

import train
from brickyard_trainer import checkpoints
from brickyard_trainer.errors import NegativeResult
from lerobot_policy_act_small import ActSmallPolicy

SMALL = ["policy=act_small", "policy.dim_model=32", "policy.dim_feedforward=32", "policy.n_heads=2"]
SMALL += [
    "policy.input_height_px=32",
    "policy.input_width_px=48",
    "training.batch_size=4",
    "hardware.threads=1",
]
SMALL += ["training.lr=0.003", "training.warmup_steps=0", "training.schedule=constant", "policy.dropout=0.01"]
SMALL += ["training.steps=24", "training.log_every=3", "checkpoint.every_steps=6", "checkpoint.export=none"]


def start(arguments: list[str], output: Path) -> int:
    """Process id of a child that runs train.py and writes what it says to `output`.out and .err."""
    child = os.fork()
    if child:
        return child
    code = 99
    with contextlib.suppress(BaseException):
        for number, suffix in ((1, "out"), (2, "err")):
            file = os.open(f"{output}.{suffix}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
            os.dup2(file, number)
        sys.argv = ["trainer/train.py", *arguments]
        code = train.main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def quoted(text: str) -> str:
    """As a string of Hydra's override grammar."""
    return "'" + text.replace("'", "\\'") + "'"


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Check:
    def __init__(self, dataset: Path, work: Path) -> None:
        self.base = [f"data.root={dataset}", *SMALL]
        self.work = work
        self.faults: list[str] = []

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.faults.append(what)

    def run(self, name: str, *arguments: str, code: int = 0, base: list[str] | None = None) -> str:
        """What it said on stderr."""
        output = self.work / f"{name}.log"
        found = ended(start([*(self.base if base is None else base), *arguments], output))
        text = Path(f"{output}.err").read_text()
        self.expect(found == code, f"{name}: exit code {found}, not {code}: {text[-600:]}")
        if code:
            self.expect("Traceback" not in text, f"{name}: prints a traceback")
        return text

    def events(self, name: str) -> list[dict]:
        return [json.loads(line) for line in (self.work / f"{name}.log.out").read_text().splitlines()]

    def curve(self, name: str) -> list[tuple]:
        lines = (self.work / name / "metrics.jsonl").read_text().splitlines()
        return [tuple(json.loads(line)[key] for key in ("step", "loss", "lr", "grad_norm")) for line in lines]

    def unbroken(self) -> None:
        told = self.work / "told.jsonl"
        code = f"import sys; open('{told}', 'a').write(sys.stdin.read())"
        offline = ["wandb.enable=true", "wandb.mode=offline"]
        notify = "notify=" + quoted(shlex.join([sys.executable, "-c", code]))
        self.run("unbroken", f"run.dir={self.work}/unbroken", "data.holdout=0.25", *offline, notify)
        run = self.work / "unbroken"
        curve = self.curve("unbroken")
        self.expect([row[0] for row in curve] == list(range(3, 25, 3)), f"logged steps are {curve}")
        self.expect(curve[-1][1] < curve[0][1], f"the loss does not fall: {curve}")
        names = sorted(p.name for p in (run / "checkpoints").iterdir() if not p.is_symlink())
        best = (run / "checkpoints" / "best").readlink().name
        self.expect(set(names) == {"000012", "000018", "000024", best}, f"kept checkpoints are {names}")
        for link in ("last", "final"):
            self.expect((run / "checkpoints" / link).readlink() == Path("000024"), f"{link} is not 000024")
        handover = json.loads((run / "handover.json").read_text())
        self.expect(
            handover["step"] == 24 and handover["validation_loss"] is not None, f"handover: {handover}"
        )
        self.expect((run / "loss_curve.png").stat().st_size > 5000, "loss_curve.png is empty")
        kinds = [json.loads(line)["kind"] for line in (run / "reports.jsonl").read_text().splitlines()]
        self.expect(kinds == ["checkpoint"] * 3 + ["end"], f"reports are {kinds}")
        self.expect(
            told.exists() and told.read_text().count('"kind"') == 4, "notify did not get every report"
        )
        self.expect(any((run / "wandb").glob("offline-run-*/*.wandb")), "W&B wrote no offline run")
        events = [event["event"] for event in self.events("unbroken")]
        self.expect(events[0] == "start" and events[-1] == "end", f"events are {events}")
        self.loads_in_lerobot(run / "checkpoints" / "final" / "pretrained_model")

    def loads_in_lerobot(self, folder: Path) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            policy = ActSmallPolicy.from_pretrained(folder)
            make_pre_post_processors(policy.config, pretrained_path=str(folder))
            config = TrainPipelineConfig.from_pretrained(folder)
        self.expect(
            config.steps == 24 and config.policy.type == "act_small", f"train_config.json says {config}"
        )

    def killed(self) -> None:
        """kill -9 after a checkpoint, then resume: the same numbers as unbroken."""
        run = self.work / "killed"
        child = start([*self.base, f"run.dir={run}", "data.holdout=0.25"], self.work / "killed.log")
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (run / "checkpoints" / "000006").is_dir():
            time.sleep(0.002)
        os.kill(child, signal.SIGKILL)
        self.expect(ended(child) == -signal.SIGKILL, "the run was over before it could be killed")
        refused = self.run("refused", f"resume={run}", "training.lr=0.5", code=2, base=[])
        self.expect("training.lr was 0.003 and would be 0.5" in refused, f"refused: {refused}")
        self.run("resumed", f"resume={run}", base=[])
        self.expect(self.curve("killed") == self.curve("unbroken"), "the resumed curve is another")
        weights = [self.work / name / "checkpoints/final/pretrained_model/model.safetensors" for name in RUNS]
        self.expect(weights[0].read_bytes() == weights[1].read_bytes(), "the resumed weights are others")
        self.expect(not list((run / "checkpoints").glob(".*")), "half-written checkpoints were left")

    def interrupted(self) -> None:
        """SIGTERM keeps the state; then a change that is allowed is taken and noted."""
        run = self.work / "interrupted"
        arguments = [*self.base, "training.steps=100000", "checkpoint.every_steps=null", f"run.dir={run}"]
        child = start(arguments, self.work / "interrupted.log")
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (run / "metrics.jsonl").exists():
            time.sleep(0.01)
        os.kill(child, signal.SIGTERM)
        self.expect(ended(child) == 130, "SIGTERM does not end with code 130")
        step = json.loads((run / "checkpoints/last/training_state/training_step.json").read_text())["step"]
        self.expect(step >= 3, f"the checkpoint at SIGTERM is of step {step}")
        allow = ["training.steps=" + str(step + 3), "training.lr=0.001", "training.lr_backbone=0.001"]
        allow.append("allow_change=[training.steps,training.lr,training.lr_backbone]")
        self.run("allowed", f"resume={run}", *allow, base=[])
        row = json.loads((run / "changes.jsonl").read_text().splitlines()[0])
        self.expect(
            row["changes"]["training.lr"] == [0.003, 0.001] and row["step"] == step, f"changes: {row}"
        )

    def mistakes(self) -> None:
        missing = self.run("missing", code=2, base=[])
        self.expect("data.root must be given" in missing, f"missing: {missing}")
        unknown = self.run("unknown", "training.stepps=3", code=2)
        self.expect("did you mean training.steps?" in unknown, f"unknown: {unknown}")
        camera = self.run("camera", "data.cameras=[top]", f"run.dir={self.work}/camera", code=2)
        self.expect("ego" in camera and not (self.work / "camera").exists(), f"camera: {camera}")
        again = self.run("again", f"run.dir={self.work}/unbroken", code=2)
        self.expect("holds a run already" in again, f"again: {again}")
        lr = ["training.lr=1e30", "training.warmup_steps=0"]
        not_finite = self.run("nan", *lr, f"run.dir={self.work}/nan", code=1)
        self.expect("The batch has episodes" in not_finite, f"nan: {not_finite}")

    def fine_tuned(self) -> None:
        source = f"training.init_from={self.work}/unbroken/checkpoints/best"
        self.run("tuned", source, "training.steps=3", "training.lr=2e-6", f"run.dir={self.work}/tuned")
        first = self.curve("tuned")[0][1]
        self.expect(first < self.curve("unbroken")[0][1], f"fine-tuning starts from scratch: loss {first}")
        warned = self.run("deaf", "notify=/nowhere/at/all", "training.steps=3", f"run.dir={self.work}/deaf")
        self.expect("warning: notify" in warned, "a notify command that fails is not a warning")

    def not_exported(self) -> None:
        """A last checkpoint whose graph disagrees: exit code 1, but the run is handed over."""

        def disagree(*_: object) -> dict:
            raise NegativeResult("the graph disagrees")

        kept, train.export_checkpoint = train.export_checkpoint, disagree
        run = self.work / "unlike"
        wanted = ["checkpoint.export=all", "training.steps=12", f"run.dir={run}"]
        said = self.run("unlike", *wanted, code=1)
        train.export_checkpoint = kept
        self.expect(said.count("the graph disagrees") == 3, f"unlike: {said}")
        self.expect((run / "HANDOVER.md").exists() and (run / "checkpoints/final").exists(), "no hand-over")

    def full_disk(self) -> None:
        """A checkpoint that finds no space: a warning, the older ones whole; at the end exit code 1."""

        def full(**_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        kept, checkpoints.save_checkpoint = checkpoints.save_checkpoint, full
        run = self.work / "full"
        shutil.copytree(self.work / "unbroken", run, symlinks=True)
        shutil.rmtree(run / "checkpoints/000024")
        for name in ("last", "final", "best"):
            (run / "checkpoints" / name).unlink()
        said = self.run("full", f"resume={run}", code=1, base=[])
        checkpoints.save_checkpoint = kept
        self.expect("No space left" in said and "older ones are whole" in said, f"full: {said}")
        left = sorted(p.name for p in (run / "checkpoints").iterdir() if not p.is_symlink())
        self.expect("000018" in left and not any(n.startswith(".") for n in left), f"full disk left {left}")

    def out_of_memory(self) -> None:
        def exhausted(*_: object) -> None:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

        kept, train.make_policy = train.make_policy, exhausted
        said = self.run("memory", f"run.dir={self.work}/memory", code=1)
        train.make_policy = kept
        keys = ("training.batch_size", "hardware.precision", "policy.input_height_px")
        self.expect(all(key in said for key in keys), f"memory: {said}")


RUNS = ("unbroken", "killed")

if __name__ == "__main__":
    check = Check(Path(sys.argv[1]), Path(sys.argv[2]))
    for part in (
        check.unbroken,
        check.killed,
        check.interrupted,
        check.mistakes,
        check.fine_tuned,
        check.not_exported,
        check.full_disk,
        check.out_of_memory,
    ):
        try:
            part()
        except Exception as error:
            check.faults.append(f"{part.__name__}: {type(error).__name__}: {error}")
    print(json.dumps({"faults": check.faults}), flush=True)
