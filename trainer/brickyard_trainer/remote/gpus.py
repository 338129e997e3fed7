"""What nvidia-smi says. No torch: it would take seconds and memory on the GPU."""

import subprocess


def gpu_count() -> int:
    return len(query("uuid"))


def memory_used_bytes() -> int | None:
    """Of all GPUs; None without one."""
    rows = query("memory.used")
    try:
        return sum(int(row) for row in rows) * 2**20 if rows else None
    except ValueError:
        return None


def query(field: str) -> list[str]:
    try:
        done = subprocess.run(
            ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()] if done.returncode == 0 else []
