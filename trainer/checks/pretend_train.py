"""A train.py that learns nothing, for tests of what stands around it: its arguments, events, files, signals.

pretend.steps, pretend.every (steps between checkpoints), pretend.step_s, pretend.hang_at (stands still at
that step when it was not resumed), pretend.bytes (of a checkpoint). It needs the standard library alone.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from brickyard_trainer.checkpoint_folder import CheckpointFolder
from brickyard_trainer.durable import append_line, write_json, write_text


def main(arguments: list[str]) -> int:
    said = dict(text.split("=", 1) for text in arguments)
    steps, every = int(said.get("pretend.steps", 20)), int(said.get("pretend.every", 5))
    step_s, hang_at = float(said.get("pretend.step_s", 0.05)), int(said.get("pretend.hang_at", -1))
    size = int(said.get("pretend.bytes", 1000))
    if not Path(said["data.root"]).is_dir():
        print(f"error: data.root={said['data.root']} is not there", file=sys.stderr)
        return 2
    run = Path(said.get("resume") or said["run.dir"])
    folder = CheckpointFolder(run, keep_last=3)
    step = 0
    if "resume" in said:
        step = folder.all()[-1]["step"]
        hang_at = -1
    elif (run / "run.json").exists():
        print(f"error: run.dir={run} holds a run already", file=sys.stderr)
        return 2
    else:
        folder.folder.mkdir(parents=True)
        write_json(run / "run.json", {"command": os.environ["BRICKYARD_COMMAND"], "overrides": arguments})
        write_text(run / "config.yaml", json.dumps({"checkpoint": {"every_epochs": None}}))
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    print(f"pretending with token {os.environ.get('HF_TOKEN')}", file=sys.stderr, flush=True)
    event("start", run=str(run), steps=steps, step=step, parameters=1)
    while step < steps and not stopped:
        time.sleep(step_s)
        step += 1
        append_line(run / "metrics.jsonl", {"step": step, "loss": 1 / step})
        event("step", step=step, steps=steps, epoch=step / 10, loss=1 / step, lr=1.0, steps_per_s=1, eta_s=1)
        while step == hang_at:
            time.sleep(1)
        if step % every == 0 and step < steps:
            save(run, folder, step, size)
    save(run, folder, step, size)
    if stopped:
        print(f"error: interrupted after step {step}", file=sys.stderr)
        return 130
    write_text(run / "HANDOVER.md", "done\n")
    event(
        "end",
        run=str(run),
        steps=step,
        loss_first=1,
        loss_last=1 / step,
        best=None,
        checkpoint=None,
        policy=None,
    )
    return 0


def save(run: Path, folder: CheckpointFolder, step: int, size: int) -> None:
    name = f"{step:06d}"
    temporary = folder.folder / f".{name}.tmp"
    (temporary / "pretrained_model").mkdir(parents=True)
    (temporary / "pretrained_model" / "model.safetensors").write_bytes(bytes([step % 256]) * size)
    write_json(temporary / "training_state.json", {"step": step})
    summary = {"step": step, "epoch": step / 10, "loss": 1 / step, "validation_loss": None}
    write_json(temporary / "checkpoint.json", summary)
    if not (folder.folder / name).exists():
        temporary.rename(folder.folder / name)
    folder.update_links()
    folder.remove_old()
    event("checkpoint", step=step, path=str(folder.folder / name))


def event(name: str, **fields: object) -> None:
    print(json.dumps({"event": name, **fields}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
