"""A checkpoint whose JSON has something else in one place: it loads, or is refused in one sentence.

usage: python damaged_checkpoint.py DATASET WORK

DATASET is one of record_foreign.py with the cameras front and wrist. Prints one JSON line {"faults": [...]};
exit code 1 when there are any.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stock_checkpoints import POST, PRE, Foreign, faults, link_weights

from brickyard_trainer.checkpoint_loading import load_checkpoint
from brickyard_trainer.errors import InputError

DAMAGED = 150
WRONG = [None, True, -1, 0, 0.5, 10**9, 10**30, "", "x", "../x", [], [1], {}, {"a": 1}]


def check_damage(foreign: Foreign) -> None:
    """Whatever stands where in the JSON, the answer is a checkpoint or one sentence."""
    random = np.random.default_rng(9)
    whole = foreign.make("whole")
    for number in range(DAMAGED):
        name = ("config.json", f"{PRE}.json", f"{POST}.json")[number % 3]
        value = json.loads((whole / name).read_text())
        place, wrong = damage(value, random)
        folder = foreign.work / "damaged-json"
        shutil.copytree(whole, folder, copy_function=link_weights)
        (folder / name).write_text(json.dumps(value))
        try:
            load_checkpoint(folder, foreign.index)
        except InputError as error:
            if "\n" in str(error) or str(error).rstrip().endswith(":"):
                faults.append(f"{name}, {place} = {wrong}: not a sentence: {error}")
        except Exception as error:
            faults.append(f"{name}, {place} = {wrong}: {error!r}")
        shutil.rmtree(folder)


def damage(value: object, random: np.random.Generator) -> tuple[str, object]:
    """Puts something else at one place of parsed JSON; returns the place and what stands there now."""
    path = []
    while True:
        key = random.choice(list(value)) if isinstance(value, dict) else int(random.integers(len(value)))
        path.append(str(key))
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or random.random() < 0.2:
            wrong = WRONG[random.integers(len(WRONG))]
            value[key] = wrong
            return ".".join(path), wrong
        value = inner


def main() -> int:
    torch.set_num_threads(1)
    check_damage(Foreign(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
    print(json.dumps({"faults": faults}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
