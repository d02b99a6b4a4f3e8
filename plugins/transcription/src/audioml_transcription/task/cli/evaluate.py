"""``audioml train evaluate``."""

from __future__ import annotations

from pathlib import Path

import click

from audioml.core.cli import output
from audioml.core.errors import AudiomlError, MissingDependencyError, UsageError
from audioml.core.files import shown, write_bytes

__all__ = ["evaluate"]

_COLUMNS = ("onset", "offset", "velocity", "frame", "pedal", "pedal_offset")


@click.command()
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--split", help="train, validation, test or all; by default test, where there is one."
)
@click.option("--only", default="*", metavar="PATTERN", help="Pieces whose names match.")
@click.option("--limit", type=click.IntRange(1), help="So many pieces at most, taken evenly.")
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write all figures to a file: .json or .csv.",
)
def evaluate(
    *, model: str, data: Path, split: str | None, only: str, limit: int | None, out: Path | None
) -> int:
    """Measure MODEL, a folder or a name, on the recordings of DATA.

    DATA is a data set of `audioml train synth` or `audioml train prepare`, or a folder of audio
    with MIDI files beside it; the layouts of MAESTRO and of MAPS are known. The model is run as
    `audioml analyze` runs it. Figures are F1 by mir_eval: onsets within 50 ms; with offsets within
    50 ms or a fifth of the note, as the pedal lets it sound; with velocities too; frames; presses
    of the pedal, and these with their releases.
    """
    from audioml.core.cli.output import counting
    from audioml.core.models.load import load
    from audioml.core.stages import Estimator

    from ..evaluation import Piece, as_csv, as_json, measured, pieces

    if out is not None and out.suffix not in (".json", ".csv"):
        raise UsageError(f"figures are written to .json or .csv, got {shown(out)}")
    chosen: list[Piece] = pieces(data, split=split, only=only)
    if limit is not None and limit < len(chosen):
        chosen = [chosen[at * len(chosen) // limit] for at in range(limit)]
    estimator = load(model)
    if not isinstance(estimator, Estimator):
        raise UsageError(f"{model!r} is no model that answers questions about sound")
    scores: dict[str, dict[str, float]] = {}
    failed = 0
    with counting(len(chosen), "measuring") as advance:
        for piece in chosen:
            try:
                scores[piece.name] = measured(estimator, piece)
            except (MissingDependencyError, UsageError):
                raise  # it is not the recording's fault
            except AudiomlError as error:
                failed += 1
                output.say(f"{shown(piece.name)} is left out: {error}")
            advance(piece.name)
    if not scores:
        return 1
    click.echo(_table(scores))
    if out is not None:
        about = {"model": str(estimator.spec.stamp), "data": str(data), "split": split}
        write_bytes(out, as_csv(scores) if out.suffix == ".csv" else as_json(about, scores))
    return 1 if failed else 0


def _table(scores: dict[str, dict[str, float]]) -> str:
    from ...scoring import mean_scores

    every = [*scores.items(), (f"mean of {len(scores)}", mean_scores(scores.values()))]
    names = [name for name in _COLUMNS if name in every[0][1]]
    wide = max(len(name) for name, _ in every)
    lines = [f"{'piece'.ljust(wide)}  " + "  ".join(name.rjust(8) for name in names)]
    lines += [
        f"{shown(name).ljust(wide)}  "
        + "  ".join(f"{found[score]:.3f}".rjust(max(8, len(score))) for score in names)
        for name, found in every
    ]
    return "\n".join(lines)
