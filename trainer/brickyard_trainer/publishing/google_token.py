"""Google's access tokens on a training's host: of the VM's own account, else of a service account's key file.

Endpoints: https://cloud.google.com/compute/docs/access/authenticate-workloads and
https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

import base64
import json
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlencode

from .http_exchange import exchange
from .store import StoreError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
EARLY_S = 120
"""So long before its end a token is no longer used."""


class GoogleTokens:
    """Keeps one until shortly before its end."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.ends_s = 0.0

    def token(self, fresh: bool = False) -> str:
        """Raises StoreError `credentials`."""
        if fresh or self.value is None or time.time() > self.ends_s - EARLY_S:
            answer = from_key_file() if os.environ.get("GOOGLE_APPLICATION_CREDENTIALS") else from_metadata()
            self.value = str(answer["access_token"])
            self.ends_s = time.time() + float(answer["expires_in"])
        return self.value


class FixedToken:
    """Of a server that is not Google's, which must not learn what opens Google's."""

    def __init__(self, value: str | None) -> None:
        self.value = value

    def token(self, fresh: bool = False) -> str | None:
        return self.value


def from_metadata() -> dict:
    host = os.environ.get("GCE_METADATA_HOST", "metadata.google.internal")
    url = f"http://{host}/computeMetadata/v1/instance/service-accounts/default/token"
    try:
        answer = exchange("GET", url, headers={"Metadata-Flavor": "Google"})
        if answer.status == 200:
            return json.loads(answer.body())
        why = f"the VM's metadata server answered {answer.status}"
    except StoreError as error:
        why = str(error)
    raise StoreError(
        "credentials",
        f"this host has no Google account ({why}): attach a service account to the VM, or give "
        "GOOGLE_APPLICATION_CREDENTIALS as the key file of one",
    )


def from_key_file() -> dict:
    path = Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"])
    try:
        key = json.loads(path.read_text())
        kind, email, private_key = key.get("type"), key["client_email"], key["private_key"]
    except (OSError, ValueError, KeyError):
        raise StoreError("credentials", f"{path} is no key file of a service account") from None
    if kind != "service_account":
        raise StoreError("credentials", f"{path} is of type {kind}; a run needs a service account")
    audience = key.get("token_uri", "https://oauth2.googleapis.com/token")
    now = int(time.time())
    claims = {"iss": email, "scope": SCOPE, "aud": audience, "iat": now, "exp": now + 3600}
    text = f"{encoded(json.dumps({'alg': 'RS256', 'typ': 'JWT'}))}.{encoded(json.dumps(claims))}"
    assertion = f"{text}.{encoded(signature(text.encode(), private_key))}"
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = exchange("POST", audience, headers=headers, body=urlencode(form).encode())
    text = answer.body()
    if answer.status != 200:
        raise StoreError(
            "credentials",
            f"Google gave {email} no access token ({answer.status}): is its key there, and the clock right?",
        )
    return json.loads(text)


def encoded(value: str | bytes) -> str:
    return base64.urlsafe_b64encode(value.encode() if isinstance(value, str) else value).rstrip(b"=").decode()


def signature(text: bytes, private_key: str) -> bytes:
    """RS256, by the package `cryptography` where it is installed, else by the program openssl."""
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding
    except ImportError:
        return signature_by_openssl(text, private_key)
    key = serialization.load_pem_private_key(private_key.encode(), None)
    return key.sign(text, padding.PKCS1v15(), hashes.SHA256())


def signature_by_openssl(text: bytes, private_key: str) -> bytes:
    reading, writing = os.pipe()  # neither a command line nor a file holds the key
    try:
        os.write(writing, private_key.encode())
        os.close(writing)
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", f"/dev/fd/{reading}"],
            input=text,
            capture_output=True,
            pass_fds=[reading],
            check=False,
        )
    except FileNotFoundError:
        raise StoreError(
            "credentials",
            "a service account's key file needs openssl or Python's `cryptography` on this host: install one",
        ) from None
    finally:
        os.close(reading)
    if done.returncode != 0:
        raise StoreError("credentials", "openssl cannot sign with the service account's private key")
    return done.stdout
