"""Exports a lerobot ACT checkpoint as a policy folder; what the graph answers is compared with PyTorch first.

exit codes: 0 written; 1 the graph disagrees with the network; 2 bad input; 130 interrupted
"""

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))

from brickyard_trainer.dataset_index import open_dataset
from brickyard_trainer.export import FRAMES, PRECISIONS, export_policy
from brickyard_trainer.failures import failure_of, report_failure
from brickyard_trainer.parent import stop_with_parent


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="a pretrained_model folder")
    parser.add_argument(
        "--dataset", type=Path, required=True, help="the LeRobot v3.0 dataset it was trained on"
    )
    parser.add_argument("--out", type=Path, required=True, help="the policy folder to write; must not exist")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help="of the stored weights")
    parser.add_argument("--frames", type=int, default=FRAMES, help=f"real frames compared (default {FRAMES})")
    parser.add_argument("--parity-dump", type=Path, help="folder for what another runtime needs to compare")
    parser.add_argument("--command", help="what policy.json says made it (default: this command)")
    arguments = parser.parse_args()
    stop_with_parent()
    try:
        contract = export_policy(
            arguments.checkpoint,
            open_dataset(arguments.dataset),
            arguments.out,
            precision=arguments.precision,
            frames=arguments.frames,
            parity_dump=arguments.parity_dump,
            command=arguments.command or " ".join(["python trainer/export.py", *sys.argv[1:]]),
        )
    except (Exception, KeyboardInterrupt) as error:
        failure = failure_of(error)
        if failure.kind in ("disk-full", "refused") and isinstance(error, OSError):
            what = f"{error.filename or arguments.out} cannot be written ({error.strerror})"
            failure = replace(failure, message=f"{what}: free space or name another folder by --out")
        report_failure(failure)
        if failure.kind == "bug":
            raise
        if failure.kind != "interrupted":
            print(failure.message, file=sys.stderr)
        return failure.exit_code
    print(json.dumps({"policy": str(arguments.out), "parity": contract["parity"]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
