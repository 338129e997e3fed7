"""A resumable upload (https://cloud.google.com/storage/docs/performing-resumable-uploads).

After a cut the server is asked how much it has, so that only what is missing is sent again.
"""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from .http_exchange import Answer
from .store import Source, StoreError, chunks_of

if TYPE_CHECKING:
    from .gcs import GcsStore

PIECE_BYTES = 64 << 20
"""Of one PUT; a multiple of 256 KiB, as all but the last must be."""

SESSIONS = 3
"""A session that the server has forgotten is begun again this often."""

INCOMPLETE = 308
TAKEN = (200, 201, INCOMPLETE)


def upload_by_session(
    store: "GcsStore",
    metadata: dict,
    source: Source,
    size: int,
    generation: str,
    on_sent: Callable[[int], None] | None,
) -> dict:
    for sessions in range(1, SESSIONS + 1):
        try:
            session = begin(store, metadata, size, generation)
            return json.loads(through(store, session, source, size, on_sent))
        except StoreError as error:
            if error.fault != "not-found" or sessions == SESSIONS:
                raise
    raise AssertionError


def begin(store: "GcsStore", metadata: dict, size: int, generation: str) -> str:
    """The session's URL, which by itself allows writing this object: it is never shown."""
    headers = {
        "content-type": "application/json",
        "x-upload-content-type": "application/octet-stream",
        "x-upload-content-length": str(size),
    }
    url = store.upload_url("resumable", metadata["name"], generation)
    body = json.dumps(metadata).encode()

    def once(_: int) -> str | None:
        answer = store.once("POST", url, (200, 201), headers=headers, body=body)
        answer.body()
        return answer.headers.get("location")

    location = store.retry.call(once)
    if not location:
        raise StoreError("permission", f"gs://{store.bucket} began no upload: it answered without a Location")
    return location


def through(
    store: "GcsStore", session: str, source: Source, size: int, on_sent: Callable[[int], None] | None
) -> bytes:
    offset, offset_is_known = 0, True
    failures = 0  # since bytes arrived the last time
    while True:
        try:
            if not offset_is_known:
                how_far = {"content-range": f"bytes */{size}"}
                answer = store.once("PUT", session, TAKEN, headers=how_far)
                if answer.status != INCOMPLETE:
                    return answer.body()  # all had arrived, only its answer had not
                persisted = persisted_bytes(answer)
                failures = 0 if persisted > offset else failures
                offset, offset_is_known = persisted, True
            end = min(size, offset + PIECE_BYTES)
            answer = store.once(
                "PUT",
                session,
                TAKEN,
                headers={"content-range": f"bytes {offset}-{end - 1}/{size}"},
                body=lambda offset=offset, end=end: chunks_of(source, offset, end),
                length=end - offset,
                on_sent=on_sent,
            )
            if answer.status != INCOMPLETE:
                return answer.body()
            persisted = persisted_bytes(answer)
            if persisted <= offset:
                raise StoreError("transient", f"gs://{store.bucket} takes no more bytes of the object")
            offset, failures = persisted, 0
        except StoreError as error:
            failures += 1
            if error.fault != "transient" or failures >= store.retry.tries:
                raise
            offset_is_known = False
            store.retry.wait(failures, error)


def persisted_bytes(answer: Answer) -> int:
    """`Range: bytes=0-N` says N + 1; without it there is nothing yet."""
    answer.body()
    last = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("range", ""))
    return int(last[1]) + 1 if last else 0
