"""What a finished run leaves to whoever takes it over: handover.json, HANDOVER.md and loss_curve.png."""

from pathlib import Path

from omegaconf import OmegaConf

from .checkpoint_folder import CheckpointFolder, best_by_loss, logged
from .durable import read_json, write_json, write_text
from .errors import InputError


def write_handover(run: Path, checkpoints: CheckpointFolder, facts: dict) -> dict:
    """Returns what handover.json says. `facts`: see `facts_of`."""
    summaries = checkpoints.all()
    best = best_by_loss(summaries)
    curve = draw_loss_curve(run, summaries)
    successes = checkpoints.successes()
    most = checkpoints.best_by_success()
    handover = {
        **facts,
        "best_checkpoint": f"checkpoints/{best['name']}" if best else None,
        "best_success_checkpoint": f"checkpoints/{most}" if most else None,
        "checkpoints": [
            {
                **row,
                "path": f"checkpoints/{row['name']}",
                "policy": policy_of(checkpoints, row["name"]),
                "success": successes.get(row["name"]),
            }
            for row in summaries
        ],
        "loss_curve": curve,
    }
    write_json(run / "handover.json", handover)
    write_text(run / "HANDOVER.md", as_text(handover))
    return handover


def facts_of(training) -> dict:
    """Of a run of train.py at its end; of one that had ended before, as they were then."""
    former = training.run_dir / "handover.json"
    if training.start_step >= training.steps and former.exists():
        return read_json(former)
    config, data, progress = training.config, training.data, training.progress
    return {
        "name": config["name"],
        "end": training.ended,
        "step": training.step,
        "steps": training.steps,
        "epochs": training.reporter.epoch(training.step),
        "episodes": len(data.learnt),
        "validation_episodes": len(data.held_out),
        "frames": int(training.batches.sampler.epoch_rows),
        "loss_first": progress.loss_first,
        "loss_last": progress.smoothed_loss,
        "validation_loss": training.checkpoints.all()[-1]["validation_loss"],
        "elapsed_s": round(progress.elapsed_s, 1),
        "steps_per_s": round(progress.steps_per_s, 4),
        "data_wait_share": round(progress.data_wait_share, 5),
        "parameters": training.parameters,
        "dataset": str(data.index.root),
        "fingerprint": data.index.fingerprint,
        "command": training.facts["command"],
        "seed": config["seed"],
        "versions": training.facts["versions"],
    }


def rewrite_handover(run: Path) -> None:
    """With the rollouts that ended after the training did; checkpoints that stayed only for theirs go now.

    Raises:
        InputError: the run has no hand-over yet.
    """
    path = run / "handover.json"
    if not path.exists():
        raise InputError(f"{run} has no handover.json: its training has not ended yet")
    facts = read_json(path)
    keep_last = OmegaConf.load(run / "config.yaml").checkpoint.keep_last
    checkpoints = CheckpointFolder(run, keep_last)
    checkpoints.remove_old()
    write_handover(run, checkpoints, facts)


def policy_of(checkpoints: CheckpointFolder, name: str) -> str | None:
    return f"checkpoints/{name}/policy" if (checkpoints.folder / name / "policy").is_dir() else None


def as_text(handover: dict) -> str:
    rows = [row_of(checkpoint) for checkpoint in handover["checkpoints"]]
    lines = [
        f"# {handover['name']}",
        "",
        f"{handover['end']} after {handover['step']:,} of {handover['steps']:,} steps "
        f"({handover['epochs']:.1f} epochs, {handover['episodes']:,} episodes, {handover['frames']:,} frames)"
        f" in {handover['elapsed_s'] / 60:.1f} minutes.",
        "",
        f"- Loss: {shown(handover['loss_first'])} at first, {shown(handover['loss_last'])} now (smoothed)",
        f"- Validation loss: {shown(handover['validation_loss'])} "
        f"({handover['validation_episodes']} episodes held out)",
        f"- Best checkpoint by loss: {handover['best_checkpoint']}",
        f"- Best checkpoint by success: {best_by_success(handover)}",
        f"- Dataset: {handover['dataset']} ({handover['fingerprint'][:12]})",
        f"- Made by: `{handover['command']}`",
        "",
        "| checkpoint | epoch | loss | validation loss | success | policy |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "![loss](loss_curve.png)" if handover["loss_curve"] else "",
        "",
        closing_words(handover),
    ]
    return "\n".join(lines) + "\n"


def best_by_success(handover: dict) -> str:
    best = handover["best_success_checkpoint"]
    if best is None:
        return "none was rolled out"
    row = next(row["success"] for row in handover["checkpoints"] if row["path"] == best)
    low, high = row.get("wilson") or (None, None)
    interval = f" (95 % interval {low:.1%} to {high:.1%})" if low is not None else ""
    suite = row.get("suite", "its conditions")
    return f"{best}, {row['successes']} of {row['episodes']} on {suite}{interval}"


def closing_words(handover: dict) -> str:
    if handover["best_success_checkpoint"] is None:
        return "A falling loss is not a success rate: roll the policies out before going on."
    return (
        "The best was chosen by these rollouts, so its rate here is too high: report it on conditions that "
        "had no part in the choice, by `brickyard eval sweep` on this folder."
    )


def row_of(checkpoint: dict) -> str:
    losses = f"{shown(checkpoint['loss'])} | {shown(checkpoint['validation_loss'])}"
    tried = checkpoint["success"]
    success = f"{tried['successes']}/{tried['episodes']}" if tried else ""
    policy = checkpoint["policy"] or ""
    return f"| {checkpoint['path']} | {checkpoint['epoch']:.1f} | {losses} | {success} | {policy} |"


def shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def draw_loss_curve(run: Path, summaries: list[dict]) -> str | None:
    """loss_curve.png: training loss by step, validation loss at checkpoints; None without a logged step."""
    rows = logged(run)
    if not rows:
        return None
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), dpi=120, layout="constrained")
    axes.plot([row["step"] for row in rows], [row["loss"] for row in rows], color="#1f5fa8", label="training")
    held_out = [(s["step"], s["validation_loss"]) for s in summaries if s["validation_loss"] is not None]
    if held_out:
        axes.plot(*zip(*held_out, strict=True), "o-", color="#c8541c", label="held-out episodes (L1)")
    axes.set(xlabel="step", ylabel="loss", title=f"{run.name}: loss")
    if min(row["loss"] for row in rows) > 0:
        axes.set_yscale("log")
    axes.grid(True, which="both", alpha=0.25)
    axes.legend(frameon=False)
    temporary = run / ".loss_curve.png"
    figure.savefig(temporary, format="png")
    plt.close(figure)
    temporary.replace(run / "loss_curve.png")
    return "loss_curve.png"
