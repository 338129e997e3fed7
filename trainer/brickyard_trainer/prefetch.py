"""Batches made ahead in one thread: no worker processes that could outlive the training or copy memory."""

import queue
import threading
from collections.abc import Callable, Iterator


def prefetched(make: Callable[[int], dict], first: int, last: int, depth: int) -> Iterator[dict]:
    """make(first), …, make(last - 1), in order. Closing the iterator ends the thread."""
    if depth == 0:
        yield from (make(number) for number in range(first, last))
        return
    ready: queue.Queue = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: object) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def fill() -> None:
        try:
            for number in range(first, last):
                if not put(make(number)):
                    return
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=fill, name="batches", daemon=True)
    thread.start()
    try:
        for _ in range(first, last):
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
