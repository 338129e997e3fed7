"""One attempt of a run, from its start to its last upload, on the machine that trains.

It outlives the connection that started it. The trainer is asked to end, with a checkpoint, when the dead
man's deadline passes, when the machine is about to be taken away, or by SIGTERM to this process.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from ..errors import TrainerError
from . import agent_lock, gpus, preemption
from .deadline import Deadline
from .publisher import Publisher
from .run_paths import Job, RunPaths, read_job, read_secrets
from .run_storage import open_storage
from .starting_point import begin_at
from .status_file import StatusFile
from .trainer_command import trainer_command
from .trainer_process import Log, TrainerProcess, failure

POLL_S = 0.2
HEARTBEAT_S = 10.0
END_WITHIN_S = 180.0
"""After it was asked to end, the trainer is killed."""
LAST_UPLOADS_S = 600.0
INTERRUPTED = 130


def run_attempt(paths: RunPaths, attempt: int, resume_step: int | None) -> int:
    """Returns when the attempt is over; the same one a second time, or beside another agent, does nothing."""
    try:
        lock = agent_lock.take(paths)
    except agent_lock.AlreadyRunning:
        print(f"another agent trains {paths.run_id}", file=sys.stderr)
        return 3
    with lock:
        if not agent_lock.first_time(paths.attempts, attempt):
            return 0
        return Agent(paths, attempt, resume_step).run()


class Agent:
    def __init__(self, paths: RunPaths, attempt: int, resume_step: int | None) -> None:
        self.paths, self.attempt, self.resume_step = paths, attempt, resume_step
        self.ask_to_end = threading.Event()
        self.why = ""
        self.failure: dict[str, str] | None = None
        self.status = StatusFile(paths.status, paths.run_id, attempt)
        signal.signal(signal.SIGTERM, lambda *_: self.end("the supervisor asked for it"))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end(self, why: str) -> None:
        if not self.ask_to_end.is_set():
            self.why = why
            self.ask_to_end.set()

    def run(self) -> int:
        self.status.write(state="setting-up")
        secrets: dict[str, str] = {}
        log = Log(self.paths.log, secrets)
        code = 1
        publisher = None
        try:
            job = read_job(self.paths)
            secrets = read_secrets(self.paths)
            log = Log(self.paths.log, secrets)
            log.say(f"attempt {self.attempt}")
            os.environ.update(secrets)
            storage = open_storage(job, self.paths.run_id)
            resumes = begin_at(self.paths, storage, self.resume_step, log.say)
            if storage is not None:
                publisher = Publisher(self.paths, storage, self.status, log.say)
                publisher.start()
            code = self.train(job, resumes, secrets, log)
        except TrainerError as error:
            log.say(f"error: {error}")
            code = error.exit_code
            self.failure = failure(error.kind, log.clean(str(error)))
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            log.say(f"error: {said}")
            self.failure = failure("bug", log.clean(said))
        if publisher is not None and not publisher.finish(LAST_UPLOADS_S):
            log.say("not everything could be published; the checkpoints are on this machine's disk")
        log.say(f"attempt {self.attempt} ended with exit code {code}")
        self.status.write(state="ended", exitCode=code, failure=self.failure)
        return code

    def train(self, job: Job, resumes: bool, secrets: dict[str, str], log: Log) -> int:
        command = trainer_command(job, self.paths.run, resumes, gpus.gpu_count())
        env = {
            **os.environ,
            **secrets,
            "BRICKYARD_EVENTS": "1",
            "BRICKYARD_COMMAND": job.command,
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        trainer = TrainerProcess(command, env, self.status, log, self.paths)
        if job.preemption_notice:
            preemption.watch(lambda: self.end("the machine is about to be preempted"))
        self.follow(trainer, log.say)
        trainer.finish()
        self.failure = trainer.failure
        code = trainer.exit_code() or 0
        # torch's launcher says 1 of any end that it was asked for.
        by_launcher = command[1] == "-m"
        return INTERRUPTED if by_launcher and code == 1 and self.ask_to_end.is_set() else code

    def follow(self, trainer: TrainerProcess, say: Callable[[str], None]) -> None:
        deadline = Deadline(self.paths.deadline)
        asked_at_s: float | None = None
        beat_at_s = 0.0
        while trainer.exit_code() is None:
            time.sleep(POLL_S)
            now_s = time.monotonic()
            if deadline.overdue():
                self.end("nobody renewed the deadline: the supervisor is away")
            if self.ask_to_end.is_set() and asked_at_s is None:
                asked_at_s = now_s
                say(f"ending the training with a checkpoint: {self.why}")
                trainer.signal(signal.SIGTERM)
            if asked_at_s is not None and now_s - asked_at_s > END_WITHIN_S:
                say(f"the training did not end within {END_WITHIN_S:.0f} s; it is killed")
                trainer.kill()
            if now_s - beat_at_s > HEARTBEAT_S:
                beat_at_s = now_s
                self.status.write(gpuMemoryBytes=gpus.memory_used_bytes())
