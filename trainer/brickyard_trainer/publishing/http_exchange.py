"""One HTTP request and its answer, over a connection that may break at any byte."""

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from .store import StoreError

IDLE_S = 60
"""A connection on which nothing moves for so long is taken for dead."""


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    response: http.client.HTTPResponse
    connection: http.client.HTTPConnection

    def chunks(self) -> Iterator[bytes]:
        """Raises StoreError `transient` when it breaks off."""
        try:
            while chunk := self.response.read(1 << 18):
                yield chunk
            # http.client takes a body that ends early for whole when it is read in pieces.
            if self.response.length:
                raise StoreError("transient", "the connection broke off: bytes are missing")
        except (OSError, http.client.HTTPException) as error:
            raise StoreError("transient", f"the connection broke off: {error}") from None
        finally:
            self.connection.close()

    def body(self) -> bytes:
        return b"".join(self.chunks())


def exchange(
    method: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    body: Iterator[bytes] | bytes | None = None,
    length: int = 0,
    on_sent: Callable[[int], None] | None = None,
) -> Answer:
    """Raises StoreError `transient` when there is no answer. `length` is that of an iterator's bytes."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=IDLE_S)
    chunks = [body] if isinstance(body, bytes) else body
    size = len(body) if isinstance(body, bytes) else length
    try:
        connection.putrequest(method, f"{parts.path}?{parts.query}" if parts.query else parts.path)
        sent_headers = {"user-agent": "brickyard", **(headers or {})}
        if method in ("POST", "PUT"):
            sent_headers["content-length"] = str(size)
        for name, value in sent_headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        try:
            for chunk in chunks or ():
                connection.send(chunk)
                if on_sent:
                    on_sent(len(chunk))
        except (BrokenPipeError, ConnectionResetError):
            pass  # a server that refuses need not read everything: its answer may be there
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise StoreError(
            "transient", f"{parts.netloc} cannot be reached: {error or type(error).__name__}"
        ) from None
    return Answer(response.status, response.headers, response, connection)
