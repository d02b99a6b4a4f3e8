"""``audioml train synth``."""

from __future__ import annotations

from pathlib import Path

import click

from audioml.core.cli import output
from audioml.core.errors import UsageError
from audioml.core.files import shown

__all__ = ["synth"]


class _Families(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Weights by name, as ``numpy=2,fluidr3=1``."""

    name = "NAME=WEIGHT,..."

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        for part in str(value).split(","):
            name, equals, weight = part.strip().partition("=")
            try:
                found[name] = float(weight if equals else 1)
            except ValueError:
                self.fail(f"expected NAME=WEIGHT,..., such as numpy=2,fluidr3=1; got {value!r}")
        return found


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--recordings", default=600, show_default=True, help="How many, in parts of ten.")
@click.option("--seconds", default=60.0, show_default=True, help="Length of each.")
@click.option("--seed", default=0, show_default=True, help="Of everything.")
@click.option(
    "--families",
    type=_Families(),
    default="numpy=1",
    show_default=True,
    help="Weights of the timbres: numpy is built in, others are soundfonts that fluidsynth has.",
)
@click.option(
    "--scores",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Scores of music21's corpus, gathered there if the file is not there; else all made up.",
)
@click.option("--borrowed", default=0.4, show_default=True, help="Share of those scores.")
@click.option("--valid", default=0.05, show_default=True, help="Share for validation.")
@click.option("-j", "--processes", default=1, show_default=True, help="How many work at once.")
@click.option(
    "--allow-reserved",
    is_flag=True,
    help="Use the soundfonts and the composers that are kept for tests.",
)
def synth(
    *,
    out: Path,
    recordings: int,
    seconds: float,
    seed: int,
    families: dict[str, float],
    scores: Path | None,
    borrowed: float,
    valid: float,
    processes: int,
    allow_reserved: bool,
) -> int:
    """Make a data set of piano recordings, with exact notes and pedal, in the folder OUT.

    The same seed gives the same recordings, however many processes make them. A command that was
    interrupted goes on where it was when it is given again, and one that asks for more recordings
    adds them.
    """
    from ..making import Wanted, made
    from ..sets import rows

    if processes < 1:
        raise UsageError(f"'processes' must be at least 1, got {processes}")
    wanted = Wanted(
        path=out,
        recordings=recordings,
        seconds=seconds,
        seed=seed,
        families=families,
        scores=scores,
        borrowed=borrowed,
        valid=valid,
        each=min(10, max(recordings, 1)),
        allow_reserved=allow_reserved,
    )
    made(wanted, processes=processes)
    if not output.is_quiet():
        lengths = [(len(row.samples) / 16000, len(row.notes)) for row in rows(out)]
        total, notes = (sum(column) for column in zip(*lengths, strict=True))
        output.say(
            f"{shown(out)} holds {len(lengths)} recordings of {total / 60:.1f} minutes with "
            f"{notes:.0f} notes"
        )
    return 0
