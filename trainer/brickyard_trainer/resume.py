"""`resume=RUN`: the same run goes on. What the command line changes is refused unless allowed by name."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from .checkpoint_folder import logged, newest
from .durable import append_line, read_json, write_text
from .errors import InputError
from .reports import METRICS
from .settings import composed, flat, key_of, resolved
from .wording import setting

FREE = (
    "notify",
    "wandb",
    "hardware",
    "report",
    "checkpoint",
    "training.max_minutes",
    "data.root",
    "run",
    "resume",
)
"""Keys that a resumed run may change: they do not decide what is learnt. Datasets have fingerprints."""

NOT_COMPARED = ("resume", "allow_change", "run")


@dataclass(frozen=True)
class Resumed:
    run: Path
    config: dict
    checkpoint: Path
    changes: dict[str, list]
    """key -> [before, now]"""


def resumed(overrides: list[str], asked: dict) -> Resumed:
    """The run that `resume` names with its settings and what has changed of them. Touches nothing.

    Raises:
        InputError: no such run, or settings that must not change.
    """
    run = Path(str(asked["resume"])).expanduser().resolve()
    if not (run / "run.json").exists() or not (run / "config.yaml").exists():
        raise InputError(f"resume={run} is no run folder: it has no run.json and config.yaml")
    first = read_json(run / "run.json")["overrides"]
    own = [text for text in overrides if key_of(text) not in ("resume", "allow_change")]
    if any(key_of(text) in ("run.dir", "run") for text in own):
        raise InputError("run.dir cannot be given with resume: the run goes on in its own folder")
    before = flat(resolved(composed(first)))
    replaced = {key_of(text) for text in own}
    wanted = composed([text for text in first if key_of(text) not in replaced] + own)
    now = flat(resolved(wanted))
    stored = OmegaConf.to_container(OmegaConf.load(run / "config.yaml"))
    absent = "(not set)"
    changes = {
        key: [flat(stored).get(key, before.get(key, absent)), now.get(key, absent)]
        for key in sorted(before.keys() | now.keys())
        if not under(key, NOT_COMPARED)
        and (key in replaced or before.get(key, absent) != now.get(key, absent))
    }
    changes = {key: pair for key, pair in changes.items() if pair[0] != pair[1]}
    free = with_followers(wanted, (*FREE, *asked["allow_change"]))
    refused = {key: pair for key, pair in changes.items() if not under(key, free)}
    if refused:
        what = "; ".join(f"{key} was {was!r} and would be {would!r}" for key, (was, would) in refused.items())
        raise InputError(
            f"resuming {run} with other hyper-parameters: {what}. Leave them as they were, or allow it: "
            f"{setting('allow_change', *refused)}"
        )
    config = OmegaConf.create(stored)
    for key, (_, value) in changes.items():
        OmegaConf.update(config, key, None if value == absent else value, force_add=True)
    return Resumed(run, OmegaConf.to_container(config), newest(run), changes)


def with_followers(config: DictConfig, keys: tuple[str, ...]) -> tuple[str, ...]:
    """`keys` and those that are set to the value of one of them, such as lr_backbone: ${training.lr}."""
    raw = flat(OmegaConf.to_container(config, resolve=False))
    follows = {key: f"{value}"[2:-1] for key, value in raw.items() if f"{value}".startswith("${")}
    return (*keys, *(key for key, leader in follows.items() if under(leader, keys)))


def record_changes(resumption: Resumed, step: int) -> None:
    """Into changes.jsonl, and into config.yaml for the next resume."""
    if not resumption.changes:
        return
    row = {"time": now_utc(), "step": step, "changes": resumption.changes}
    append_line(resumption.run / "changes.jsonl", row)
    write_text(resumption.run / "config.yaml", OmegaConf.to_yaml(OmegaConf.create(resumption.config)))


def cut_metrics(run: Path, step: int) -> None:
    """Drops the rows after the checkpoint: their steps come again."""
    rows = [row for row in logged(run) if row["step"] <= step]
    write_text(run / METRICS, "".join(json.dumps(row) + "\n" for row in rows))


def under(key: str, prefixes: tuple[str, ...]) -> bool:
    return any(key == prefix or key.startswith(f"{prefix}.") for prefix in prefixes)


def now_utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
