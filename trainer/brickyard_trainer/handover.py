"""What a finished run leaves to whoever takes it over: handover.json, HANDOVER.md and loss_curve.png."""

from pathlib import Path

from .checkpoints import Checkpoints, best_by_loss, logged
from .durable import write_json, write_text


def write_handover(run: Path, checkpoints: Checkpoints, facts: dict) -> dict:
    """Returns what handover.json says. `facts`: see train.py, where they are gathered."""
    summaries = checkpoints.all()
    best = best_by_loss(summaries)
    curve = draw_loss_curve(run, summaries)
    handover = {
        **facts,
        "best_checkpoint": f"checkpoints/{best['name']}" if best else None,
        "checkpoints": [
            {**row, "path": f"checkpoints/{row['name']}", "policy": policy_of(checkpoints, row["name"])}
            for row in summaries
        ],
        "loss_curve": curve,
    }
    write_json(run / "handover.json", handover)
    write_text(run / "HANDOVER.md", as_text(handover))
    return handover


def policy_of(checkpoints: Checkpoints, name: str) -> str | None:
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
        f"- Best checkpoint: {handover['best_checkpoint']}",
        f"- Dataset: {handover['dataset']} ({handover['fingerprint'][:12]})",
        f"- Made by: `{handover['command']}`",
        "",
        "| checkpoint | epoch | loss | validation loss | policy |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "![loss](loss_curve.png)" if handover["loss_curve"] else "",
        "",
        "A falling loss is not a success rate: roll the policies out before going on.",
    ]
    return "\n".join(lines) + "\n"


def row_of(checkpoint: dict) -> str:
    losses = f"{shown(checkpoint['loss'])} | {shown(checkpoint['validation_loss'])}"
    return f"| {checkpoint['path']} | {checkpoint['epoch']:.1f} | {losses} | {checkpoint['policy'] or ''} |"


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
