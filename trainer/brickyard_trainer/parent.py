"""A training that was started by another process does not outlive it."""

import os
import signal
import threading

PARENT_FD = "BRICKYARD_PARENT_FD"


def stop_with_parent() -> None:
    """When the pipe that BRICKYARD_PARENT_FD names closes, this process gets SIGTERM: it saves and ends.

    Nobody reads what it says by then, and writing to a closed pipe would fail: its output goes nowhere first.
    """
    number = os.environ.pop(PARENT_FD, "")
    if not number.isdigit():
        return

    def watch() -> None:
        try:
            while os.read(int(number), 1):
                continue
        except OSError:
            return  # there is no such pipe: started by hand with a left-over variable
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
