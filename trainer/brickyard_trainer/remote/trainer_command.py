"""How train.py is started: by Python, or with several GPUs by accelerate."""

import sys
from pathlib import Path

from .run_paths import Job

TRAIN = Path(__file__).resolve().parents[2] / "train.py"


def trainer_command(job: Job, run: Path, resumes: bool, gpus: int) -> list[str]:
    """The argv. `job.accelerate` may hold use (true, false; null: by the GPUs), processes, mixed_precision
    and config_file.
    """
    where = [f"resume={run}"] if resumes else [f"run.dir={run}"]
    args = [str(TRAIN), *job.train_args, f"data.root={job.dataset}", *where]
    if gpus and not any(text.split("=")[0].lstrip("+~") == "hardware" for text in job.train_args):
        args.append("hardware=gpu")
    if not uses_accelerate(job, gpus):
        return [sys.executable, *args]
    wanted = job.accelerate
    options: list[str] = []
    if wanted.get("config_file"):
        options += ["--config_file", str(wanted["config_file"])]
    count = wanted.get("processes") or (None if wanted.get("config_file") else max(gpus, 1))
    if count:
        options += ["--num_processes", str(count)]
        if count > 1 and gpus:
            options.append("--multi_gpu")
    if not gpus:
        options.append("--cpu")
    precision = wanted.get("mixed_precision") or (None if wanted.get("config_file") else "no")
    if precision:
        # train.py names its own precision (hardware.precision), which wins; accelerate only wants an answer.
        options += ["--mixed_precision", str(precision)]
    if not wanted.get("config_file"):
        options += ["--num_machines", "1", "--dynamo_backend", "no"]
    return [sys.executable, "-m", "accelerate.commands.launch", *options, *args]


def uses_accelerate(job: Job, gpus: int) -> bool:
    """With two GPUs or more, unless somebody decided. On a CPU its launcher starts one process anyway."""
    use = job.accelerate.get("use")
    return bool(use) if use is not None else gpus >= 2
