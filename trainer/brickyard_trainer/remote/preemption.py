"""Google says half a minute before that it takes a spot machine away: the metadata key instance/preempted."""

import os
import threading
import time
import urllib.request
from collections.abc import Callable

HOST = "BRICKYARD_METADATA_HOST"
PAUSE_S = 5


def watch(preempted: Callable[[], None]) -> threading.Thread:
    """Calls `preempted` once. The notice is a best effort: nothing may depend on it."""
    host = os.environ.get(HOST, "metadata.google.internal")
    url = f"http://{host}/computeMetadata/v1/instance/preempted?wait_for_change=true&timeout_sec=60"

    def run() -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            try:
                request = urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})
                with opener.open(request, timeout=90) as answer:
                    if answer.read().strip() == b"TRUE":  # upper case; "true" never comes
                        preempted()
                        return
            except OSError:
                time.sleep(PAUSE_S)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
