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


def one_sentence(error: Exception, most: int = 300) -> str:
    """All lines of another library's message as one line, cut between words; of what caused it, if that is
    known.
    """
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"
