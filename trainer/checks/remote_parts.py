"""Small parts of the agent that need no machine: deadline, trainer command, preemption, failing uploads.

usage: python remote_parts.py; prints a line for each that holds, exit code 1 with the first that does not.
"""

import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from brickyard_trainer.durable import append_line, read_lines, write_json, write_text
from brickyard_trainer.errors import InputError
from brickyard_trainer.remote import preemption
from brickyard_trainer.remote.agent_lock import first_time, newest_attempt, process_start
from brickyard_trainer.remote.deadline import Deadline
from brickyard_trainer.remote.marked_processes import MARK, environment_of, kill_marked, marked
from brickyard_trainer.remote.publisher import Publisher
from brickyard_trainer.remote.run_paths import Job, RunPaths, read_secrets
from brickyard_trainer.remote.starting_point import begin_at
from brickyard_trainer.remote.status_file import StatusFile, read_status
from brickyard_trainer.remote.trainer_command import trainer_command
from brickyard_trainer.remote.trainer_process import Log, TrainerProcess


def deadline_counts_from_each_renewal(folder: Path) -> None:
    now = [100.0]
    path = folder / "deadline"
    deadline = Deadline(path, lambda: now[0])
    assert not deadline.overdue()
    path.write_text("60 a\n")
    assert not deadline.overdue()
    now[0] = 159
    assert not deadline.overdue()
    path.write_text("60 b\n")
    assert not deadline.overdue()
    now[0] = 200
    path.unlink()  # a damaged disk renews nothing
    assert not deadline.overdue()
    now[0] = 220
    assert deadline.overdue()
    path.write_text("10 c\n")
    assert not deadline.overdue()


def accelerate_is_used_where_it_helps(folder: Path) -> None:
    def argv(gpus: int, **wanted: object) -> list[str]:
        job = Job(["training.steps=1"], "c", folder, accelerate=wanted)
        return trainer_command(job, folder / "run", False, gpus)[1:]

    def options(words: list[str]) -> dict[str, str]:
        return {a: b for a, b in pairwise(words) if a.startswith("--") and a[2:]}

    assert argv(0)[0].endswith("train.py") and "hardware=gpu" not in argv(0)
    assert argv(1)[0].endswith("train.py") and argv(1)[-1] == "hardware=gpu"
    four = argv(4)
    assert four[:2] == ["-m", "accelerate.commands.launch"] and "--multi_gpu" in four
    assert options(four)["--num_processes"] == "4"
    assert argv(4, use=False)[0].endswith("train.py")
    assert options(argv(1, use=True))["--num_processes"] == "1"
    assert options(argv(8, processes=2, mixed_precision="bf16"))["--mixed_precision"] == "bf16"
    own = argv(8, config_file="/x/own.yaml")
    assert options(own)["--config_file"] == "/x/own.yaml" and "--num_processes" not in own
    job = Job(["hardware=cpu"], "c", folder)
    assert "hardware=gpu" not in trainer_command(job, folder / "run", False, 1)
    assert f"resume={folder / 'run'}" in trainer_command(job, folder / "run", True, 0)


def preemption_is_upper_case(_folder: Path) -> None:
    answers = [b"FALSE", b"true", b"TRUE"]

    class Metadata(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            right = self.headers["Metadata-Flavor"] == "Google" and self.path.startswith(
                "/computeMetadata/v1/instance/preempted?wait_for_change=true"
            )
            self.send_response(200 if right else 403)
            self.end_headers()
            self.wfile.write(answers.pop(0) if len(answers) > 1 else answers[0])

        def log_message(self, *_: object) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ[preemption.HOST] = f"127.0.0.1:{server.server_port}"
    told = threading.Event()
    preemption.watch(told.set)
    assert told.wait(10)
    assert answers == [b"TRUE"]
    server.shutdown()


class FullStore:
    """Refuses twice, then takes all."""

    def __init__(self) -> None:
        self.refusals = 2
        self.there: list[int] = []

    def steps(self) -> list[int]:
        return list(self.there)

    def publish(self, folder: Path, summary: dict) -> None:
        assert (folder / "checkpoint.json").exists() and not (folder / "policy").exists()
        assert json.loads((folder / "run" / "place.json").read_text()) == {"name": folder.name}
        self.refusals -= 1
        if self.refusals >= 0:
            raise OSError("no space left in the bucket\nand more")
        self.there.append(summary["step"])

    small_files_every_s = 60.0

    def put_all(self, _files: dict[str, Path]) -> None:
        return


def uploads_are_tried_again(folder: Path) -> None:
    paths = RunPaths(folder, "run-1")
    checkpoint(paths, 10, 0.5)
    checkpoint(paths, 20, 0.1)
    checkpoint(paths, 30, 0.9)
    status = StatusFile(paths.status, "run-1", 1)
    store, said = FullStore(), []
    publisher = Publisher(paths, store, status, said.append, poll_s=0.01)
    publisher.start()
    ends_s = time.monotonic() + 20
    while len(store.there) < 2 and time.monotonic() < ends_s:
        time.sleep(0.05)
    assert store.there == [30, 20], store.there  # the newest, then the best; the other is out of date
    assert said[0] == "publishing fails: no space left in the bucket", said
    assert publisher.finish(10)
    now = read_status(paths.status)
    assert now["uploadFault"] is None and now["publishedStep"] == 30, now


def an_attempt_begins_at_the_furthest_step(folder: Path) -> None:
    paths = RunPaths(folder, "run-2")
    assert begin_at(paths, None, None, print) is False
    checkpoint(paths, 20, 0.1)
    assert begin_at(paths, None, None, print) is False  # no run.json: nothing that train.py could resume
    checkpoint(paths, 20, 0.1)
    for name in ("run.json", "config.yaml"):
        write_text(paths.run / name, "{}")
    assert begin_at(paths, None, 10, print) is True
    try:
        begin_at(paths, None, 30, print)
    except InputError as error:
        assert "step 30 is not on this host" in str(error)
    else:
        raise AssertionError("a step that is nowhere was accepted")


def secrets_of_others_are_refused(folder: Path) -> None:
    paths = RunPaths(folder, "run-3")
    assert read_secrets(paths) == {}
    paths.folder.mkdir(parents=True)
    write_json(paths.secrets, {"HF_TOKEN": "hf_canary"})
    paths.secrets.chmod(0o640)
    try:
        read_secrets(paths)
    except InputError as error:
        assert "must be 600" in str(error) and "hf_canary" not in str(error)
    else:
        raise AssertionError("an open secrets file was read")
    paths.secrets.chmod(0o600)
    assert read_secrets(paths) == {"HF_TOKEN": "hf_canary"}


def attempts_are_remembered(folder: Path) -> None:
    assert newest_attempt(folder / "none") == 0
    assert first_time(folder / "attempts", 9) and not first_time(folder / "attempts", 9)
    assert first_time(folder / "attempts", 10) and newest_attempt(folder / "attempts") == 10
    assert process_start(os.getpid()) is not None and process_start(2**22 + 1) is None
    for wrong in ("../x", "", "a/b", "-x"):
        try:
            RunPaths(folder, wrong)
        except InputError:
            continue
        raise AssertionError(f"{wrong!r} was taken for a run id")


def a_trainer_is_ended_with_all_it_started(folder: Path) -> None:
    paths, other = RunPaths(folder, "run-4"), RunPaths(folder, "run-40")
    child = "import subprocess, sys, time; subprocess.Popen(['sleep', '60'], start_new_session=True); "
    argv = [sys.executable, "-c", child + "print(1, flush=True); time.sleep(60)"]
    env = {**os.environ, MARK: str(paths.folder)}
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert len(marked(paths)) == 2 and marked(other) == []
        assert kill_marked(paths)
        assert marked(paths) == [] and process.wait(10) == -signal.SIGKILL


def a_process_amid_exec_is_waited_for(folder: Path) -> None:
    """A folder as the kernel shows a process: at first without the program that it is about to run."""

    def shows(start_of_code: int, environment: str) -> None:
        write_text(folder / "environ", environment)
        write_text(folder / "stat", f"7 (a (b) c) R {'9 ' * 22}{start_of_code} 9 9\n")

    shows(0, "")
    assert environment_of(folder, time.monotonic() + 60) == b""  # no program: the kernel's own
    (folder / "exe").symlink_to("/bin/sleep")
    assert environment_of(folder, time.monotonic() + 0.05) == b""  # not for ever
    later = threading.Timer(0.2, shows, (4096, "A=1\0"))
    later.start()
    assert environment_of(folder, time.monotonic() + 60) == b"A=1\0"
    later.join()
    shows(4096, "")
    assert environment_of(folder, time.monotonic() + 60) == b""  # a program without one


def no_line_stops_the_trainer(folder: Path) -> None:
    paths = RunPaths(folder, "run-5")
    paths.folder.mkdir(parents=True)
    log = Log(paths.log, {"TOKEN": "canary-1", "SHORT": "abc"})
    status = StatusFile(folder / "no-folder" / "status.json", "run-5", 1)
    code = """print('{"event": "step"}'); print('{"event": "start", "step": 3, "steps": 9}'); print('{torn')
print('{"event": "step", "step": 4, "steps": 9, "loss": NaN}'); print("a canary-1 sings abc" * 20000)
print('{"event": "failure", "kind": "diverged", "message": "canary-1 is nan"}')
print('{"event": "failure", "kind": "interrupted", "message": "asked by the first"}')"""
    process = TrainerProcess([sys.executable, "-c", code], dict(os.environ), status, log, paths)
    process.process.wait(20)
    process.finish()
    assert process.exit_code() == 0
    assert (status.now["step"], status.now["steps"], status.now["loss"]) == (4, 9, None), status.now
    assert process.failure == {"kind": "diverged", "message": "[secret] is nan"}, process.failure
    text = paths.log.read_text()
    assert "canary-1" not in text and "a [secret] sings abc" in text and "{torn" in text


def checkpoint(paths: RunPaths, step: int, loss: float) -> None:
    folder = paths.run / "checkpoints" / f"{step:06d}"
    (folder / "policy").mkdir(parents=True, exist_ok=True)
    (folder / "model").write_text("x")
    summary = {"step": step, "epoch": 1, "loss": loss, "validation_loss": None}
    write_json(folder / "checkpoint.json", summary)


def a_damaged_line_costs_no_other(folder: Path) -> None:
    path = folder / "metrics.jsonl"
    rows = [{"step": step, "loss": 0.5} for step in range(4)]
    for row in rows:
        append_line(path, row)
    bytes_ = path.read_bytes()
    for at in range(len(bytes_)):
        path.write_bytes(bytes_[:at] + bytes([bytes_[at] ^ 0x80]) + bytes_[at + 1 :])
        found = read_lines(path)
        assert len(found) >= 2 and all(row in rows for row in found), (at, found)
    path.write_bytes(bytes_ + b'{"step": 4')
    append_line(path, {"step": 5})
    assert read_lines(path) == [*rows, {"step": 5}]


CHECKS = (
    deadline_counts_from_each_renewal,
    accelerate_is_used_where_it_helps,
    preemption_is_upper_case,
    uploads_are_tried_again,
    an_attempt_begins_at_the_furthest_step,
    secrets_of_others_are_refused,
    attempts_are_remembered,
    a_trainer_is_ended_with_all_it_started,
    a_process_amid_exec_is_waited_for,
    no_line_stops_the_trainer,
    a_damaged_line_costs_no_other,
)

if __name__ == "__main__":
    for check in CHECKS:
        with tempfile.TemporaryDirectory() as folder:
            check(Path(folder))
        print(check.__name__, flush=True)
