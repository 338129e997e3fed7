"""Runs train.py in ways that must not lose anything: python training_runs.py DATASET WORK.

Checkpoints, reports, hand-over, kill, interruption, resume, fine-tuning. Prints {"faults": […]} as its last
line.
"""

import contextlib
import io
import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path

from judged_runs import Runs, ended, quoted, start
from lerobot.configs.train import TrainPipelineConfig
from lerobot.policies.factory import make_pre_post_processors

from lerobot_policy_act_small import ActSmallPolicy

BOTH = ("unbroken", "killed")


class Check(Runs):
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
        weights = [self.work / name / "checkpoints/final/pretrained_model/model.safetensors" for name in BOTH]
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
        # lr_backbone is lr's unless it is set: it follows without being named.
        allow = ["training.steps=" + str(step + 3), "training.lr=0.001"]
        allow.append("allow_change=[training.steps,training.lr]")
        self.run("allowed", f"resume={run}", *allow, base=[])
        row = json.loads((run / "changes.jsonl").read_text().splitlines()[0])
        self.expect(
            row["changes"]["training.lr"] == [0.003, 0.001] and row["step"] == step, f"changes: {row}"
        )

    def fine_tuned(self) -> None:
        source = f"training.init_from={self.work}/unbroken/checkpoints/best"
        self.run("tuned", source, "training.steps=3", "training.lr=2e-6", f"run.dir={self.work}/tuned")
        first = self.curve("tuned")[0][1]
        self.expect(first < self.curve("unbroken")[0][1], f"fine-tuning starts from scratch: loss {first}")
        warned = self.run("deaf", "notify=/nowhere/at/all", "training.steps=3", f"run.dir={self.work}/deaf")
        self.expect("warning: notify" in warned, "a notify command that fails is not a warning")


if __name__ == "__main__":
    check = Check(Path(sys.argv[1]), Path(sys.argv[2]))
    check.judge(check.unbroken, check.killed, check.interrupted, check.fine_tuned)
