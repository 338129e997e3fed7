"""The trainer's Python on a host that has none: by uv, from requirements.lock, keyed by that file.

    python3 -m brickyard_trainer.remote.environment --root DIR [--torch nightly]

Runs in the system's Python (3.8 or newer), with the standard library alone. The last line of stdout is the
new Python. Exit code 1, and what failed on stderr. The versions are those of scripts/setup/python.mjs.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

UV_VERSION = "0.13.8"
PYTHON_RANGE = ">=3.11,<3.14"
TRAINER = Path(__file__).resolve().parents[2]
LOCK = TRAINER / "requirements.lock"
NIGHTLY_INDEX = "https://download.pytorch.org/whl/nightly/cu128"
NIGHTLY = ("torch", "torchvision")
SYSTEM_PACKAGES = {"ffmpeg": "ffmpeg", "pip": "python3-pip"}


class SetupFailed(Exception):
    pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--torch", choices=("locked", "nightly"), default="locked")
    asked = parser.parse_args()
    try:
        print(ensure_python(asked.root, asked.torch))
        return 0
    except SetupFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def ensure_python(root: Path, torch: str) -> Path:
    """Makes it under a temporary name and renames it; who comes second waits and finds it."""
    key = hashlib.sha256(f"{UV_VERSION} {PYTHON_RANGE} {torch}\n".encode() + LOCK.read_bytes()).hexdigest()
    folder = root / "python" / key[:12]
    python = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if python.exists():
            return python
        system_packages()
        uv = ensure_uv(root)
        temporary = folder.with_name(f"{folder.name}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        run([uv, "venv", "--quiet", "--relocatable", "--python", PYTHON_RANGE, str(temporary)])
        target = ["--quiet", "--python", str(temporary / "bin" / "python")]
        run([uv, "pip", "sync", *target, str(LOCK)])
        if torch == "nightly":
            # The lock's torch does not know the newest GPUs; nothing else of the lock changes.
            index = ["--prerelease", "allow", "--index-url", NIGHTLY_INDEX]
            run([uv, "pip", "install", *target, "--upgrade", *index, *NIGHTLY])
        temporary.rename(folder)
    return python


def system_packages() -> None:
    """Video decoding needs ffmpeg's libraries; as root or by sudo. Without apt it goes on as it is."""
    missing = [] if shutil.which("ffmpeg") else [SYSTEM_PACKAGES["ffmpeg"]]
    if not has_pip():
        missing.append(SYSTEM_PACKAGES["pip"])
    if not missing or not shutil.which("apt-get"):
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A fresh machine's own updates hold the lock for a minute or two.
    wait = ["-o", "DPkg::Lock::Timeout=300", "-q"]
    run([*sudo, "apt-get", *wait, "update"], quiet)
    run([*sudo, "apt-get", *wait, "install", "-y", "--no-install-recommends", *missing], quiet)


def has_pip() -> bool:
    return subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode == 0


def ensure_uv(root: Path) -> str:
    folder = root / f"uv-{UV_VERSION}"
    if not (folder / "bin" / "uv").exists():
        if not has_pip():
            raise SetupFailed(
                f"{sys.executable} has no pip, which brings uv: install the package python3-pip"
            )
        target = ["--target", str(folder), "--no-deps", f"uv=={UV_VERSION}"]
        run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *target])
    return str(folder / "bin" / "uv")


def run(argv: "list[str]", env: "dict[str, str] | None" = None) -> None:
    print(" ".join(argv[:6]), file=sys.stderr, flush=True)
    done = subprocess.run(argv, env=env, stdout=sys.stderr, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        said = " | ".join(done.stderr.strip().splitlines()[-4:])
        raise SetupFailed(f"{argv[0]} failed with {done.returncode}: {said}")


if __name__ == "__main__":
    sys.exit(main())
