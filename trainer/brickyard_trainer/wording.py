"""How a message says that a setting is given: as `brickyard train` takes it, or as train.py does."""

import os

OPTIONS = {"resume": "--resume", "run.dir": "--out", "allow_change": "--allow-change"}


def setting(key: str, *values: object) -> str:
    """`--resume RUN` to whom came by `brickyard train`, else `resume=RUN`; several values make a list."""
    if os.environ.get("BRICKYARD_COMMAND"):
        return " ".join(f"{OPTIONS[key]} {value}" for value in values)
    if key == "allow_change":
        return f"{key}=[{','.join(str(value) for value in values)}]"
    return f"{key}={values[0]}"
