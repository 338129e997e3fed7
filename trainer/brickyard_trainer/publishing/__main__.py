"""`python -m brickyard_trainer.publishing probe|publish|restore|dataset …`: storage as a host sees it.

The last line of stdout is one JSON object. Exit code 2: bad input, 1: storage did not do it.
"""

import argparse
import json
import sys
from pathlib import Path

from ..errors import InputError
from .fetch import fetch_dataset, restore_run
from .probe import probe
from .publish import KEEP_LAST, publish_outputs, publish_run
from .store import StoreError, open_store


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m brickyard_trainer.publishing")
    commands = parser.add_subparsers(dest="command", required=True)
    probing = commands.add_parser("probe", help="create, read and delete a small object")
    probing.add_argument("url")
    publishing = commands.add_parser("publish", help="bring a run's checkpoints and outputs into storage")
    publishing.add_argument("run", type=Path)
    publishing.add_argument("url", help="where this run lies: <out>/<run id>")
    publishing.add_argument("--run-id", required=True)
    publishing.add_argument(
        "--keep-last", type=int, default=KEEP_LAST, help="default: %(default)s, and the best"
    )
    restoring = commands.add_parser("restore", help="make a run folder that resume=RUN goes on with")
    restoring.add_argument("url", help="where this run lies: <out>/<run id>")
    restoring.add_argument("run", type=Path)
    restoring.add_argument("--step", type=int, help="this or the next older one; default: the newest")
    fetching = commands.add_parser("dataset", help="bring a dataset here")
    fetching.add_argument("url")
    fetching.add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    try:
        code, summary = done(asked)
    except (InputError, StoreError) as error:
        print(error, file=sys.stderr)
        fault = error.fault if isinstance(error, StoreError) else "input"
        print(json.dumps({"ok": False, "fault": fault, "message": str(error)}))
        return error.exit_code
    print(json.dumps(summary))
    return code


def done(asked: argparse.Namespace) -> tuple[int, dict]:
    store = open_store(asked.url)
    if asked.command == "probe":
        result = probe(store)
        if not result["ok"]:
            print(result["message"], file=sys.stderr)
        return (0 if result["ok"] else 1), result
    if asked.command == "publish":
        sent = [0]

        def count(sent_bytes: int) -> None:
            sent[0] += sent_bytes

        report = publish_run(store, asked.run, asked.run_id, keep_last=asked.keep_last, on_sent=count)
        outputs = publish_outputs(store, asked.run)
        return 0, {"ok": True, **vars(report), "outputs": outputs, "sent_bytes": sent[0]}
    if asked.command == "restore":
        return 0, {"ok": True, "step": restore_run(store, asked.run, step=asked.step)}
    fetch_dataset(store, asked.folder, progress_line)
    return 0, {"ok": True, "folder": str(asked.folder)}


def progress_line(done_bytes: int, total_bytes: int) -> None:
    print(json.dumps({"event": "progress", "done": done_bytes, "total": total_bytes}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
