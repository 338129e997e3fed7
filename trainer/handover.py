"""Writes a run's hand-over again: python trainer/handover.py RUN.

For whoever rolls its checkpoints out after the training has ended: checkpoints/success.json is in it then.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from brickyard_trainer.errors import TrainerError
from brickyard_trainer.handover import rewrite_handover


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("error: give the run folder alone: python trainer/handover.py RUN", file=sys.stderr)
        return 2
    try:
        rewrite_handover(Path(arguments[0]).resolve())
    except TrainerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
