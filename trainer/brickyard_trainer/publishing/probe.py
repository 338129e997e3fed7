"""Whether this host may create, read and delete in a store: asked before hours are spent there."""

import json
import os
import socket
import time
import uuid

from .store import Store, StoreError, read_bytes


def probe(store: Store) -> dict:
    """{ok, url, seconds, and if not: fault, step, message}. Leaves nothing behind."""
    path = f".probe/{socket.gethostname()[:40]}-{uuid.uuid4().hex[:12]}"
    content = os.urandom(64).hex().encode()
    began_s = time.perf_counter()
    step = "create"
    try:
        store.write(path, content, if_absent=True)
        step = "read"
        if read_bytes(store, path) != content:
            raise StoreError("damaged", f"{store.url} gave back other bytes than were written")
        step = "delete"
        store.delete(path)
    except StoreError as error:
        return {"ok": False, "url": store.url, "step": step, "fault": error.fault, "message": str(error)}
    return {"ok": True, "url": store.url, "seconds": round(time.perf_counter() - began_s, 3)}


def shown(result: dict) -> str:
    return json.dumps(result)
