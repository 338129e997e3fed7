"""What the supervisor runs on the machine that trains: launch, run, interrupt, kill, python.

    python trainer/remote_agent.py launch --root DIR --run ID --attempt N [--resume-step STEP]
    python trainer/remote_agent.py python --root DIR --run ID -- -m brickyard_trainer.publishing probe URL

`launch` detaches `run` from the connection and returns when that has written its first status. The others
find the agent by its lock. `python` runs Python with the run's secrets in its environment. Exit codes: 0
done, 2 bad input, 75 not now, try again.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from brickyard_trainer.errors import InputError, TrainerError
from brickyard_trainer.remote import agent_lock
from brickyard_trainer.remote.marked_processes import kill_marked, marked
from brickyard_trainer.remote.run_paths import RunPaths, read_job, read_secrets
from brickyard_trainer.remote.status_file import read_status

TRY_AGAIN = 75
STARTED_WITHIN_S = 20
ENDED_WITHIN_S = 15
LAST_CHECKPOINT_S = 10


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("launch", "run", "interrupt", "kill", "python"))
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--attempt", type=int, default=1)
    parser.add_argument("--resume-step", type=int)
    # argparse takes positionals that come apart from each other for none at all.
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    asked, passed_on = parser.parse_args(arguments[:cut]), arguments[cut + 1 :]
    try:
        paths = RunPaths(asked.root.expanduser().resolve(), asked.run)
        if asked.what == "launch":
            return launch(paths, asked.attempt, asked.resume_step)
        if asked.what == "run":
            from brickyard_trainer.remote.agent import run_attempt

            return run_attempt(paths, asked.attempt, asked.resume_step)
        if asked.what == "python":
            path = str(Path(__file__).resolve().parent)
            env = {**os.environ, **read_secrets(paths), "PYTHONPATH": path}
            os.execve(sys.executable, [sys.executable, *passed_on], env)
        return interrupt(paths) if asked.what == "interrupt" else kill(paths)
    except TrainerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def launch(paths: RunPaths, attempt: int, resume_step: int | None) -> int:
    """The same attempt a second time does nothing, also when it has ended; a newer one ends an older."""
    read_job(paths)  # complains here rather than in the log
    newest = agent_lock.newest_attempt(paths.attempts)
    if attempt < newest:
        raise InputError(f"attempt {attempt} of {paths.run_id} is older than {newest}, which began here")
    if attempt == newest:
        return 0
    if agent_lock.holder(paths) is not None and kill(paths) != 0:
        print(f"attempt {newest} of {paths.run_id} does not end", file=sys.stderr)
        return TRY_AGAIN
    # One whose agent died writes a last checkpoint.
    if not agent_lock.wait_until(lambda: not marked(paths), LAST_CHECKPOINT_S):
        kill_marked(paths)
    argv = [sys.executable, str(Path(__file__).resolve()), "run", "--root", str(paths.root)]
    argv += ["--run", paths.run_id, "--attempt", str(attempt)]
    argv += ["--resume-step", str(resume_step)] if resume_step is not None else []
    detach(argv, paths, attempt)
    if agent_lock.wait_until(lambda: begun(paths) == attempt, STARTED_WITHIN_S):
        return 0
    print(f"the agent did not begin within {STARTED_WITHIN_S} s; {paths.log} may say why", file=sys.stderr)
    return TRY_AGAIN


def begun(paths: RunPaths) -> int | None:
    status = read_status(paths.status)
    return status["attempt"] if status else None


def detach(argv: list[str], paths: RunPaths, attempt: int) -> None:
    """As a unit of systemd where root may make one (a log-out ends no unit), else in a session of its own."""
    with open(paths.log, "ab") as log:
        if os.geteuid() == 0 and Path("/run/systemd/system").exists() and shutil.which("systemd-run"):
            unit = [f"--unit=brickyard-{paths.run_id}-{attempt}", "--collect", "--quiet"]
            unit += ["-p", "Restart=no", "-p", "KillMode=mixed", "-p", "TimeoutStopSec=300"]
            unit += [f"--setenv={name}={os.environ[name]}" for name in ("HOME", "PATH") if name in os.environ]
            unit += ["-p", f"StandardOutput=append:{paths.log}", "-p", f"StandardError=append:{paths.log}"]
            if subprocess.run(["systemd-run", *unit, *argv], stdout=log, stderr=log).returncode == 0:
                return
        subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True
        )


def interrupt(paths: RunPaths) -> int:
    """Asks for a checkpoint and the end; a training that has ended stays so."""
    agent = agent_lock.holder(paths)
    if agent is not None:
        os.kill(agent, signal.SIGTERM)
    return 0


def kill(paths: RunPaths) -> int:
    """Returns when trainer and agent are gone. The agent gets a moment to note the trainer's end."""
    kill_marked(paths)
    if not agent_lock.wait_until(lambda: agent_lock.holder(paths) is None, ENDED_WITHIN_S):
        agent = agent_lock.holder(paths)
        if agent is not None:
            os.kill(agent, signal.SIGKILL)
        kill_marked(paths)
    return 0 if agent_lock.wait_until(lambda: agent_lock.holder(paths) is None, 5) else TRY_AGAIN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
