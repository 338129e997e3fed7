"""Runs train.py into what can go wrong: python training_faults.py DATASET WORK.

Each must end with its exit code and one sentence, and leave whole what was there. Prints {"faults": […]} as
its last line.
"""

import json
import os
import resource
import shutil
import signal
import sys
from pathlib import Path

from judged_runs import Runs, ended, start

import train
from brickyard_trainer import checkpoints
from brickyard_trainer.errors import NegativeResult


class Check(Runs):
    def whole(self) -> None:
        """What the others start from."""
        self.run("whole", f"run.dir={self.work}/whole", "training.steps=12")

    def mistakes(self) -> None:
        missing = self.run("missing", code=2, base=[])
        self.expect("data.root must be given" in missing, f"missing: {missing}")
        self.expect(self.kind("missing") == "bad-input", f"missing: {self.kind('missing')}")
        unknown = self.run("unknown", "training.stepps=3", code=2)
        self.expect("did you mean training.steps?" in unknown, f"unknown: {unknown}")
        tune = self.run("tune", self.base[0], "experiment=fine_tune", code=2, base=[])
        self.expect("training.init_from must be given" in tune, f"tune: {tune}")
        camera = self.run("camera", "data.cameras=[top]", f"run.dir={self.work}/camera", code=2)
        self.expect("ego" in camera and not (self.work / "camera").exists(), f"camera: {camera}")
        again = self.run("again", f"run.dir={self.work}/whole", code=2)
        self.expect("holds a run already" in again, f"again: {again}")
        lr = ["training.lr=1e30", "training.warmup_steps=0"]
        not_finite = self.run("nan", *lr, f"run.dir={self.work}/nan", code=1)
        self.expect("The batch has episodes" in not_finite, f"nan: {not_finite}")
        self.expect(self.kind("nan") == "diverged", f"nan: {self.kind('nan')}")

    def datasets(self) -> None:
        """Each is ours with one thing made wrong in info.json; nothing but the message may come of it."""
        info = json.loads((self.dataset / "meta/info.json").read_text())
        features = info["features"]
        without = {
            key: {name: feature for name, feature in features.items() if name != key}
            for key in ("observation.state", "observation.images.ego")
        }
        out = {"video_path": "../../{video_key}/{chunk_index}/{file_index}.mp4"}
        climbing = {"features": {**features, "images./../x": features["observation.images.ego"]}}
        for name, changed, wanted in (
            ("old", {"codebase_version": "v2.1"}, "convert_dataset_v21_to_v30"),
            ("stateless", {"features": without["observation.state"]}, "no feature observation.state"),
            ("blind", {"features": without["observation.images.ego"]}, "no camera"),
            ("leading-out", out, "leads out of the dataset's folder"),
            ("climbing", climbing, "could lead out"),
            ("unformatted", {"video_path": "{nothing}.mp4"}, "video_path"),
        ):
            root = self.work / f"data-{name}"
            shutil.copytree(self.dataset / "meta", root / "meta")
            for entry in ("data", "videos", "metadata.json"):
                (root / entry).symlink_to(self.dataset / entry)
            (root / "meta/info.json").write_text(json.dumps({**info, **changed}))
            said = self.run(name, f"data.root={root}", f"run.dir={self.work}/{name}", code=2)
            self.expect(wanted in said and not (self.work / name).exists(), f"{name}: {said}")
        said = self.run("nothing", f"data.root={self.work}", f"run.dir={self.work}/nothing", code=2)
        self.expect("is no LeRobot dataset" in said, f"nothing: {said}")

    def not_exported(self) -> None:
        """An export that fails is tried again at the end; one that fails there by a resume."""
        made, tried = train.export_checkpoint, []

        def disagree_once(*arguments: object) -> dict:
            tried.append(arguments)
            if len(tried) == 1:
                raise NegativeResult("the graph disagrees")
            return made(*arguments)

        def disagree(*_: object) -> dict:
            raise NegativeResult("the graph disagrees")

        run = self.work / "once"
        wanted = ["checkpoint.export=all", "training.steps=12", f"run.dir={run}"]
        said = self.run("once", *wanted, before=lambda: setattr(train, "export_checkpoint", disagree_once))
        self.expect(said.count("warning: the graph disagrees") == 1, f"once: {said}")
        for name in ("000006", "000012"):
            self.expect((run / "checkpoints" / name / "policy").is_dir(), f"{name} has no policy in the end")
        run = self.work / "never"
        wanted = ["checkpoint.export=final", "training.steps=12", f"run.dir={run}"]
        before = lambda: setattr(train, "export_checkpoint", disagree)  # noqa: E731
        said = self.run("never", *wanted, code=1, before=before)
        self.expect(said.count("the graph disagrees") == 2, f"never: {said}")
        self.expect((run / "HANDOVER.md").exists() and (run / "checkpoints/final").exists(), "no hand-over")
        self.run("never-resumed", f"resume={run}", base=[])
        self.expect((run / "checkpoints/final/policy").is_dir(), "the resume did not export")

    def killed_while_writing(self) -> None:
        """kill -9 with all files of a checkpoint there but not its name: the one before it counts."""
        written = checkpoints.save_checkpoint

        def torn(**arguments: object) -> None:
            written(**arguments)
            if arguments["step"] == 12:
                os.kill(os.getpid(), signal.SIGKILL)

        run = self.work / "torn"
        before = lambda: setattr(checkpoints, "save_checkpoint", torn)  # noqa: E731
        self.run("torn", f"run.dir={run}", "training.steps=12", code=-signal.SIGKILL, before=before)
        self.expect((run / "checkpoints/.000012.tmp").is_dir(), "nothing was torn")
        self.expect((run / "checkpoints/last").readlink() == Path("000006"), "last is not the whole one")
        self.run("torn-resumed", f"resume={run}", base=[])
        self.expect(self.curve("torn") == self.curve("whole"), "the resumed curve is another")
        self.expect(not list((run / "checkpoints").glob(".*")), "the torn checkpoint was left")

    def full_disk(self) -> None:
        """A checkpoint that is not taken: a warning, the older ones whole; at the end exit code 1."""
        run = self.work / "full"
        shutil.copytree(self.work / "whole", run, symlinks=True)
        shutil.rmtree(run / "checkpoints/000012")
        for name in ("last", "final", "best"):
            (run / "checkpoints" / name).unlink()
        before = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))  # noqa: E731
        arguments = [f"resume={run}", "training.steps=18", "allow_change=[training.steps]"]
        said = self.run("full", *arguments, code=1, base=[], before=before)
        self.expect(said.count("older ones are whole") == 2, f"full: {said}")
        self.expect(self.kind("full") == "disk-full", f"full: {self.kind('full')}")
        left = sorted(p.name for p in (run / "checkpoints").iterdir() if not p.is_symlink())
        self.expect(left == ["000006"], f"full disk left {left}")
        self.run("full-resumed", f"resume={run}", base=[])
        self.expect(self.curve("full")[:4] == self.curve("whole"), "the resumed curve is another")

    def out_of_memory(self) -> None:
        def exhausted(*_: object) -> None:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

        before = lambda: setattr(train, "make_policy", exhausted)  # noqa: E731
        said = self.run("memory", f"run.dir={self.work}/memory", code=1, before=before)
        keys = ("training.batch_size", "hardware.precision", "policy.input_height_px")
        self.expect(all(key in said for key in keys), f"memory: {said}")
        self.expect(self.kind("memory") == "out-of-memory", f"memory: {self.kind('memory')}")

    def broken(self) -> None:
        """A bug is told of as one, and its traceback printed."""

        def wrong(*_: object) -> None:
            raise KeyError("no such layer")

        def before() -> None:
            train.make_policy = wrong

        output = self.work / "broken.log"
        ended(start([*self.base, f"run.dir={self.work}/broken"], output, before))
        self.expect(self.kind("broken") == "bug", f"broken: {self.events('broken')}")


if __name__ == "__main__":
    check = Check(Path(sys.argv[1]), Path(sys.argv[2]))
    check.judge(
        check.whole,
        check.mistakes,
        check.datasets,
        check.not_exported,
        check.killed_while_writing,
        check.full_disk,
        check.out_of_memory,
        check.broken,
    )
