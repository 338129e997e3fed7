"""A repository of the Hugging Face Hub, by its own library (twin of trainer/launch/storage/hub-store.ts).

`write_all` and `delete_all` are one commit each, for the Hub counts them. HF_TOKEN and HF_ENDPOINT are the
library's own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import requests
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_url
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import (
    build_hf_headers,
    disable_progress_bars,
    get_session,
    hf_raise_for_status,
)

from .store import (
    ObjectInfo,
    Retry,
    Source,
    StoreError,
    default_retry,
    has_bytes_of,
    object_path,
    size_of,
)

IDLE_S = 60


class HubStore:
    def __init__(self, repo_type: str, repo: str, prefix: str, retry: Retry | None = None) -> None:
        disable_progress_bars()  # the training's log is no terminal
        self.api = HfApi()
        self.repo = {"repo_id": repo, "repo_type": repo_type}
        self.prefix = f"{prefix}/" if prefix else ""
        self.retry = retry or default_retry()
        self.repo_url = f"hf://{'datasets/' if repo_type == 'dataset' else ''}{repo}"
        self.url = f"{self.repo_url}/{prefix}" if prefix else self.repo_url

    def list(self, prefix: str) -> list[ObjectInfo]:
        whole = f"{self.prefix}{prefix}"
        folder = whole.rpartition("/")[0]

        def once(_: int) -> list[ObjectInfo]:
            with self.faults():
                try:
                    entries = list(
                        self.api.list_repo_tree(path_in_repo=folder or None, recursive=True, **self.repo)
                    )
                except (EntryNotFoundError, RepositoryNotFoundError) as error:
                    # A folder without files is not there, and neither need the repository be.
                    if error.response is None or error.response.status_code != 404:
                        raise
                    return []
            found = [self.info(one) for one in entries if isinstance(one, RepoFile)]
            return sorted((one for one in found if one.path.startswith(prefix)), key=lambda one: one.path)

        return self.retry.call(once)

    def stat(self, path: str) -> ObjectInfo | None:
        def once(_: int) -> ObjectInfo | None:
            with self.faults():
                found = self.api.get_paths_info(paths=[self.name(path)], **self.repo)
            return next((self.info(one) for one in found if isinstance(one, RepoFile)), None)

        return self.retry.call(once)

    def read(self, path: str, from_byte: int = 0) -> Iterator[bytes]:
        headers = build_hf_headers() | ({"range": f"bytes={from_byte}-"} if from_byte else {})
        url = hf_hub_url(filename=self.name(path), **self.repo)

        def once(_: int) -> requests.Response:
            with self.faults():
                # requests drops the login where a redirect leads to another host
                response = get_session().get(url, headers=headers, stream=True, timeout=IDLE_S)
                if response.status_code != 416:
                    hf_raise_for_status(response)
                return response

        response = self.retry.call(once)
        with response:
            if response.status_code == 416:
                return
            if from_byte and response.status_code != 206:
                raise StoreError("permission", f"{self.url} does not send parts of files")
            expected = response.headers.get("content-length")
            received = 0
            with self.faults():
                for chunk in response.iter_content(1 << 18):
                    received += len(chunk)
                    yield chunk
            if (
                expected is not None
                and received < int(expected)
                and not response.headers.get("content-encoding")
            ):
                raise StoreError("transient", f"{self.url}: the connection broke off")

    def write(
        self,
        path: str,
        source: Source,
        *,
        if_absent: bool = False,
        if_generation: str | None = None,
        on_sent: Callable[[int], None] | None = None,
    ) -> ObjectInfo:
        self.commit([(path, source)], if_absent=if_absent, if_generation=if_generation, on_sent=on_sent)
        info = self.stat(path)
        if info is None:
            raise StoreError("conflict", f"{self.url}/{path} was removed by somebody else")
        return info

    def write_all(
        self,
        entries: Sequence[tuple[str, Source]],
        *,
        if_absent: bool = False,
        on_sent: Callable[[int], None] | None = None,
    ) -> None:
        if entries:
            self.commit(entries, if_absent=if_absent, if_generation=None, on_sent=on_sent)

    def commit(
        self,
        entries: Sequence[tuple[str, Source]],
        *,
        if_absent: bool,
        if_generation: str | None,
        on_sent: Callable[[int], None] | None,
    ) -> None:
        try:
            self.commit_once(entries, if_absent=if_absent, if_generation=if_generation, on_sent=on_sent)
        except StoreError as error:
            if error.fault != "not-found":
                raise
            with self.faults():  # private, where there is none
                self.api.create_repo(private=True, exist_ok=True, **self.repo)
            self.commit_once(entries, if_absent=if_absent, if_generation=if_generation, on_sent=on_sent)

    def commit_once(
        self,
        entries: Sequence[tuple[str, Source]],
        *,
        if_absent: bool,
        if_generation: str | None,
        on_sent: Callable[[int], None] | None,
    ) -> None:
        last_path, last_source = entries[-1]
        conditional = if_absent or if_generation is not None

        def once(failures: int) -> None:
            # What the condition is judged on must still be the newest when the commit is made.
            parent = self.head() if conditional else None
            there = self.stat(last_path) if conditional or failures else None
            if there is not None and failures and has_bytes_of(self, there, last_source):
                return  # by an earlier try, whose answer was lost; a commit has all of its files or none
            if if_absent and there is not None:
                raise StoreError("conflict", f"{self.url}/{last_path} is there already")
            if if_generation is not None and (there is None or there.generation != if_generation):
                raise StoreError("conflict", f"{self.url}/{last_path} was changed by somebody else")
            operations = [
                CommitOperationAdd(self.name(path), source if isinstance(source, bytes) else str(source))
                for path, source in entries
            ]
            with self.faults():
                self.api.create_commit(
                    operations=operations,
                    commit_message=f"Write {named([path for path, _ in entries])}",
                    parent_commit=parent,
                    **self.repo,
                )
            if on_sent:
                on_sent(sum(size_of(source) for _, source in entries))

        self.retry.call(once)

    def delete(self, path: str, *, if_generation: str | None = None) -> None:
        info = self.stat(path)
        if info is None:
            return
        if if_generation is not None and info.generation != if_generation:
            raise StoreError("conflict", f"{self.url}/{path} was changed by somebody else")
        self.delete_all([path])

    def delete_all(self, paths: Sequence[str]) -> None:
        def once(_: int) -> None:
            there = [path for path in paths if self.stat(path) is not None]
            if not there:
                return
            with self.faults():
                self.api.create_commit(
                    operations=[CommitOperationDelete(self.name(path)) for path in there],
                    commit_message=f"Remove {named(there)}",
                    **self.repo,
                )

        self.retry.call(once)

    def head(self) -> str:
        with self.faults():
            return str(self.api.repo_info(**self.repo).sha)

    def info(self, entry: RepoFile) -> ObjectInfo:
        digest = f"sha256:{entry.lfs.sha256}" if entry.lfs else f"git:{entry.blob_id}"
        return ObjectInfo(entry.path[len(self.prefix) :], entry.size, digest.partition(":")[2], digest)

    def name(self, path: str) -> str:
        return f"{self.prefix}{object_path(path)}"

    @contextmanager
    def faults(self) -> Iterator[None]:
        try:
            yield
        except EntryNotFoundError:
            raise StoreError("not-found", f"{self.url} has no such file") from None
        except HfHubHTTPError as error:
            raise self.fault_of(error) from None
        except requests.exceptions.RequestException as error:
            raise StoreError("transient", f"{self.url} cannot be reached: {type(error).__name__}") from None

    def fault_of(self, error: HfHubHTTPError) -> StoreError:
        response = error.response
        status = 0 if response is None else response.status_code
        said = f"{status} {error.server_message or ''}".strip().split("\n")[0][:300]
        if status in (0, 408, 429) or status >= 500:
            return StoreError("transient", f"{self.repo_url} is busy ({said})")
        if status == 401:
            # Of a repository that this token may not see the Hub says 401, whether there is one or not.
            return StoreError(
                "credentials",
                f"{self.repo_url} is not open to this login ({said}): set HF_TOKEN to a token that may write "
                "it, and create the repository",
            )
        if status == 403:
            return StoreError(
                "permission", f"{self.repo_url} may not be written ({said}): the token needs that role"
            )
        if status == 404:
            return StoreError("not-found", f"{self.repo_url} has no such file or is none ({said})")
        if status in (409, 412):
            return StoreError("conflict", f"{self.repo_url}: somebody else wrote it first ({said})")
        if status in (413, 507):
            return StoreError("full", f"{self.repo_url} takes no more ({said})")
        return StoreError("permission", f"{self.repo_url} did not do it ({said})")


def named(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[-1]} and {len(paths) - 1} more"
