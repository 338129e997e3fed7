"""Runs check scripts, each in a fork of this process, which has paid for the slow imports by then.

usage: python forked_checks.py < JOBS

A job is one JSON line {"script": FILE, "arguments": […], "paths": […], "environment": {…}, "output": PREFIX}:
`paths` come first on the import path, what the script says goes to PREFIX.out and PREFIX.err. Answers each by
a line {"code": N}.
Nothing of ours is imported here: one of the checks asks what lerobot finds by itself.
"""

import importlib
import json
import os
import runpy
import sys
import traceback

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

SLOW = (
    "lerobot.scripts.lerobot_train",
    "hydra",
    "matplotlib.pyplot",
    "onnx",
    "onnxruntime",
    "torch.onnx.utils",
    "wandb",
)
"""About 15 s of one core together, most of it lerobot's."""


def in_fork(job: dict) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 99
    try:
        for number, suffix in ((1, "out"), (2, "err")):
            file = os.open(f"{job['output']}.{suffix}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
            os.dup2(file, number)
        os.environ.update(job["environment"])
        sys.path[0:1] = [*job["paths"], os.path.dirname(job["script"])]
        sys.argv = [job["script"], *job["arguments"]]
        code = exit_code_of(job["script"])
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def exit_code_of(script: str) -> int:
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def main() -> None:
    for name in SLOW:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps({"code": in_fork(json.loads(line))}), flush=True)


if __name__ == "__main__":
    main()
