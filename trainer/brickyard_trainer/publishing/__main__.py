"""`python -m brickyard_trainer.publishing probe URL | fetch URL FOLDER`: storage as a host sees it.

The last line of stdout is one JSON object. Exit code 2: bad input, 1: storage did not do it.
"""

import argparse
import json
import sys
from pathlib import Path

from ..errors import InputError
from .fetch import fetch_dataset
from .probe import probe
from .store import StoreError, open_store


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m brickyard_trainer.publishing")
    commands = parser.add_subparsers(dest="command", required=True)
    probing = commands.add_parser("probe", help="create, read and delete a small object")
    probing.add_argument("url")
    fetching = commands.add_parser("fetch", help="bring a dataset here, whole or not at all")
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
    fetch_dataset(store, asked.folder, progress_line)
    return 0, {"ok": True, "folder": str(asked.folder)}


def progress_line(done_bytes: int, total_bytes: int) -> None:
    print(json.dumps({"event": "progress", "done": done_bytes, "total": total_bytes}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
