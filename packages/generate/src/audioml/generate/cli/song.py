"""``audioml generate song``: songs of a model, in files or on standard output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audioml.core.cli import output

if TYPE_CHECKING:
    from ..song import Request, Sung

__all__ = ["song"]

_INTERRUPTED = 130
_PATH = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option(
    "-m", "--model", default="wavenet", show_default=True, metavar="REF",
    help="A model folder, or a name that `audioml models list` shows.",
)  # fmt: skip
@click.option(
    "-o", "--out", metavar="FILE",
    help=".wav, .flac or .ogg, or - for standard output as WAV; several songs get numbers.",
)  # fmt: skip
@click.option("--seconds", type=float, default=10.0, show_default=True, help="How long it becomes.")
@click.option("-n", "--count", type=click.IntRange(min=1), default=1, help="How many songs.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="0 by default; another makes another song."
)
@click.option(
    "--temperature", type=float, default=1.0, show_default=True,
    help="Below 1 the likely becomes likelier; 0 always takes the likeliest.",
)  # fmt: skip
@click.option("--top-k", type=int, metavar="K", help="Draw from the K likeliest amplitudes only.")
@click.option("--top-p", type=float, metavar="P", help="Of these, from those that reach a share P.")
@click.option(
    "--prompt", type=_PATH, metavar="AUDIO", help="What came before the song, at any rate."
)
@click.option("--genre", help="One of those that the model knows.")
@click.option("--compat", metavar="SYSTEM", help="cs205: repeat CS205-Waveforms' own loop.")
@click.option("--device", metavar="NAME", help="Where they are made, such as cuda; cpu by default.")
@click.option("--state", type=_PATH, metavar="FILE", help="Go on from where --save-state left it.")
@click.option(
    "--save-state", type=_PATH, metavar="FILE", help="Leave there what --state goes on from."
)
@click.option("--raw", is_flag=True, help="With -o -: bare samples of 16 bits, little-endian.")
@click.option(
    "--report", type=_PATH, metavar="HTML", help="A page that draws the songs and plays them."
)
def song(*, out: str | None, **options: Any) -> int:
    """Make songs, sample by sample, and write them while they are made.

    After Ctrl-C, what is there can be played, and its state is kept. The tags of a file say what
    made it: the model and the hash of its weights, the seed, all options, the hash of the prompt.

    \b
    audioml generate song --seconds 10 -o song.wav
    audioml generate song --prompt humming.wav --temperature 0.9 -n 4 -o songs.flac
    audioml generate song --seconds 60 -o - | aplay
    """  # noqa: D301 - click's mark
    from ..song import Request, sing

    request = Request(out=out, **options)
    sung = sing(request)
    if not output.is_quiet():
        for line in _told(request, sung):
            output.say(line)
    return _INTERRUPTED if sung.interrupted else 0


def _told(request: Request, sung: Sung) -> list[str]:
    """Return what came of it, in sentences."""
    pace, lines = sung.pace, []
    if pace.made:
        where = ", ".join(map(str, sung.paths[:3])) or "standard output"
        more = f" and {len(sung.paths) - 3} more" if len(sung.paths) > 3 else ""
        lines.append(
            f"{where}{more}: {pace.made:.1f} s in {pace.taken:.1f} s, "
            f"{pace.factor:.3g} times real time"
        )
    if sung.interrupted:
        lines.append("interrupted; what was made so far can be played")
    if request.report is not None:
        lines.append(f"{request.report}: the report")
    return lines
