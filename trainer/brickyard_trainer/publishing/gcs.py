"""Google Cloud Storage by its JSON API (twin of trainer/launch/storage/gcs-store.ts).

BRICKYARD_GCS_ENDPOINT names another server; it is given BRICKYARD_GCS_TOKEN, if anything.
"""

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, urlencode

from .gcs_session import upload_by_session
from .google_token import FixedToken, GoogleTokens
from .http_exchange import Answer, exchange
from .store import (
    ObjectInfo,
    Retry,
    Source,
    StoreError,
    chunks_of,
    default_retry,
    digest_of,
    object_path,
    size_of,
    write_in_order,
)

ONE_REQUEST_BYTES = 1 << 20
"""What an upload in one request may lose to a cut; larger ones go by a session."""


class GcsStore:
    def __init__(self, bucket: str, prefix: str, retry: Retry | None = None) -> None:
        custom = os.environ.get("BRICKYARD_GCS_ENDPOINT")
        self.endpoint = (custom or "https://storage.googleapis.com").rstrip("/")
        self.tokens = FixedToken(os.environ.get("BRICKYARD_GCS_TOKEN")) if custom else GoogleTokens()
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self.retry = retry or default_retry()
        self.url = f"gs://{bucket}/{prefix}" if prefix else f"gs://{bucket}"

    def list(self, prefix: str) -> list[ObjectInfo]:
        found: list[ObjectInfo] = []
        query = {
            "prefix": f"{self.prefix}{prefix}",
            "fields": "nextPageToken,items(name,size,generation,md5Hash)",
        }
        while True:
            page = self.json(f"{self.endpoint}/storage/v1/b/{self.bucket}/o?{urlencode(query)}")
            objects = page.get("items", [])
            found += [self.info(row) for row in objects if not row["name"].endswith("/")]
            if "nextPageToken" not in page:
                return sorted(found, key=lambda info: info.path)
            query["pageToken"] = page["nextPageToken"]

    def stat(self, path: str) -> ObjectInfo | None:
        try:
            return self.info(self.json(self.object_url(path, fields="name,size,generation,md5Hash")))
        except StoreError as error:
            if error.fault == "not-found":
                return None
            raise

    def read(self, path: str, from_byte: int = 0) -> Iterator[bytes]:
        headers = {"range": f"bytes={from_byte}-"} if from_byte else {}
        url = self.object_url(path, alt="media")
        answer = self.retry.call(lambda _: self.once("GET", url, (200, 206, 416), headers=headers))
        if from_byte and answer.status == 200:
            raise StoreError("permission", f"{self.url} does not send parts of objects")
        if answer.status == 416:
            answer.body()
            return
        yield from answer.chunks()

    def write(
        self,
        path: str,
        source: Source,
        *,
        if_absent: bool = False,
        if_generation: str | None = None,
        on_sent: Callable[[int], None] | None = None,
    ) -> ObjectInfo:
        size, md5 = size_of(source), digest_of("md5", source)
        if if_absent:
            generation = "0"
        elif if_generation is not None:
            generation = if_generation
        else:  # without a precondition writers overwrite each other unseen, and no try could be repeated
            there = self.stat(path)
            generation = there.generation if there else "0"
        metadata = {"name": f"{self.prefix}{object_path(path)}", "md5Hash": in_base64(md5)}
        try:
            if size <= ONE_REQUEST_BYTES:
                made = self.in_one_request(metadata, source, md5, generation, on_sent)
            else:
                made = upload_by_session(self, metadata, source, size, generation, on_sent)
        except StoreError as error:
            if error.fault != "conflict":
                raise
            # A write whose answer was lost meets its own object when it is tried again.
            there = self.stat(path)
            if there and there.bytes == size and there.digest == f"md5:{md5}":
                return there
            raise
        info = self.info({**made, "name": metadata["name"]})
        if info.bytes != size or info.digest not in (None, f"md5:{md5}"):
            raise StoreError("transient", f"{self.url}/{path} arrived with other bytes than were sent")
        return info

    def in_one_request(
        self,
        metadata: dict,
        source: Source,
        md5: str,
        generation: str,
        on_sent: Callable[[int], None] | None,
    ) -> dict:
        boundary = f"brickyard-{md5}"
        head = (
            f"--{boundary}\r\ncontent-type: application/json\r\n\r\n{json.dumps(metadata)}\r\n"
            f"--{boundary}\r\ncontent-type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + b"".join(chunks_of(source)) + f"\r\n--{boundary}--\r\n".encode()
        url = self.upload_url("multipart", metadata["name"], generation)
        headers = {"content-type": f"multipart/related; boundary={boundary}"}
        return self.retry.call(
            lambda _: json.loads(
                self.once("POST", url, (200,), headers=headers, body=body, on_sent=on_sent).body()
            )
        )

    def write_all(
        self,
        entries: Sequence[tuple[str, Source]],
        *,
        if_absent: bool = False,
        on_sent: Callable[[int], None] | None = None,
    ) -> None:
        write_in_order(self, entries, if_absent, on_sent)

    def delete(self, path: str, *, if_generation: str | None = None) -> None:
        query = {} if if_generation is None else {"ifGenerationMatch": if_generation}
        url = self.object_url(path, **query)
        try:
            self.retry.call(lambda _: self.once("DELETE", url, (200, 204)).body())
        except StoreError as error:
            if error.fault != "not-found":
                raise

    def delete_all(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.delete(path)

    def upload_url(self, kind: str, name: str, generation: str) -> str:
        query = urlencode({"uploadType": kind, "name": name, "ifGenerationMatch": generation})
        return f"{self.endpoint}/upload/storage/v1/b/{self.bucket}/o?{query}"

    def object_url(self, path: str, **query: str) -> str:
        name = quote(f"{self.prefix}{object_path(path)}", safe="")
        return f"{self.endpoint}/storage/v1/b/{self.bucket}/o/{name}" + (
            f"?{urlencode(query)}" if query else ""
        )

    def json(self, url: str) -> dict:
        return self.retry.call(lambda _: json.loads(self.once("GET", url, (200,)).body()))

    def once(
        self,
        method: str,
        url: str,
        expected: tuple[int, ...],
        *,
        headers: dict[str, str] | None = None,
        body: bytes | Callable[[], Iterator[bytes]] | None = None,
        length: int = 0,
        on_sent: Callable[[int], None] | None = None,
    ) -> Answer:
        """One try, with a new token when the first was refused; raises StoreError for other statuses."""
        refused = False
        while True:
            token = self.tokens.token(refused)
            login = {} if token is None else {"authorization": f"Bearer {token}"}
            sent = body() if callable(body) else body
            answer = exchange(
                method, url, headers={**(headers or {}), **login}, body=sent, length=length, on_sent=on_sent
            )
            if answer.status in expected:
                return answer
            fault = self.fault_of(answer)
            if answer.status != 401 or refused:
                raise fault
            refused = True

    def fault_of(self, answer: Answer) -> StoreError:
        status, reason, message = answer.status, "", ""
        try:
            error = json.loads(answer.body())["error"]
            message = str(error.get("message", "")).split("\n")[0][:300]
            reason = error.get("errors", [{}])[0].get("reason", "")
        except (StoreError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            pass
        where, said = f"gs://{self.bucket}", " ".join(filter(None, (str(status), reason, message)))
        if status == 401:
            return StoreError("credentials", f"{where} refused the login ({said}): use a service account")
        if status in (408, 429) or status >= 500 or reason.endswith("ateLimitExceeded"):
            return StoreError("transient", f"{where} is busy ({said})", retry_after_s(answer))
        if status == 403:
            return StoreError(
                "permission",
                f"{where} may not be used ({said}): give the account roles/storage.objectAdmin on it and, "
                "on a VM, the access scope cloud-platform",
            )
        if status in (404, 410):
            return StoreError("not-found", f"{where} has no such object or bucket ({said})")
        if status in (304, 412):
            return StoreError("conflict", f"{where}: somebody else wrote it first ({said})")
        if status == 413 or "quota" in reason.lower():
            return StoreError("full", f"{where} takes no more ({said})")
        if status == 400 and any(word in message.lower() for word in ("md5", "crc32c", "checksum", "hash")):
            return StoreError("transient", f"{where}: {said}")
        return StoreError("permission", f"{where} did not do it ({said})")

    def info(self, row: dict) -> ObjectInfo:
        md5 = row.get("md5Hash")
        digest = None if md5 is None else f"md5:{base64.b64decode(md5).hex()}"
        return ObjectInfo(row["name"][len(self.prefix) :], int(row["size"]), str(row["generation"]), digest)


def retry_after_s(answer: Answer) -> float:
    try:
        return float(answer.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0


def in_base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
