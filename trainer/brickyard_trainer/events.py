"""What a program of the trainer says to the one that started it: one JSON object a line, on stdout.

Only where BRICKYARD_EVENTS is 1. trainer/launch/events.ts reads it, and the agent of a remote run does.
"""

import json
import os
import sys


def wanted() -> bool:
    return os.environ.get("BRICKYARD_EVENTS") == "1"


def emit(name: str, **fields: object) -> None:
    # sys.stdout may be turned to stderr by then: libraries print.
    print(json.dumps({"event": name, **fields}), file=sys.__stdout__, flush=True)
