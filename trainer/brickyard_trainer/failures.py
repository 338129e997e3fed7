"""Why a program ends, as a kind and a message: what was thrown, and the event that tells of it."""

import contextlib
import errno
from dataclasses import dataclass

from . import events
from .errors import TrainerError
from .machine import OUT_OF_MEMORY, disk_fault, is_out_of_memory

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Failure:
    kind: str
    message: str
    exit_code: int


def failure_of(error: BaseException) -> Failure:
    """The kind `bug` is for what no user can do anything about."""
    if isinstance(error, TrainerError):
        return Failure(error.kind, str(error), error.exit_code)
    if isinstance(error, KeyboardInterrupt):
        return Failure("interrupted", "interrupted", 130)
    if is_out_of_memory(error):
        return Failure("out-of-memory", OUT_OF_MEMORY, 1)
    fault = disk_fault(error)
    if fault is not None:
        kind = "disk-full" if isinstance(error, OSError) and error.errno in FULL else "refused"
        return Failure(kind, fault, 1)
    return Failure("bug", f"{type(error).__name__}: {error}", 1)


def report_failure(failure: Failure) -> None:
    """From whichever process of a training it is: the first one tells why the others end."""
    if events.wanted():
        with contextlib.suppress(OSError):  # nobody reads any more
            events.emit("failure", kind=failure.kind, message=failure.message)
