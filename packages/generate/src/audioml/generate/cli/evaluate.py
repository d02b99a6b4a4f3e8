"""``audioml generate evaluate``: how good the songs of a model are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from audioml.core.cli import output

__all__ = ["evaluate"]


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("corpus", metavar="CORPUS", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Where the JSON goes; else to standard output.",
)  # fmt: skip
@click.option("--split", default="test", show_default=True, help="Of CORPUS, to judge by.")
@click.option("-n", "--songs", type=int, default=8, show_default=True, help="That the model makes.")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="Of each of them.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first of them.")
@click.option("--temperature", type=float, default=1.0, show_default=True, help="Of all of them.")
@click.option(
    "--held", type=float, default=60.0, show_default=True, metavar="SECONDS",
    help="Of the split that bits are measured on.",
)  # fmt: skip
@click.option(
    "--searched", type=float, default=600.0, show_default=True, metavar="SECONDS",
    help="Of what was trained on in which copies are looked for.",
)  # fmt: skip
@click.option(
    "--embedding", default="logmel", show_default=True, metavar="REF",
    help="What songs are compared by: logmel, or an estimator such as vggish.",
)  # fmt: skip
def evaluate(*, model: str, corpus: Path, out: Path | None, **given: Any) -> int:
    """Judge MODEL by the songs of CORPUS that it was not trained on.

    \b
    bits      what a held-out sample costs, beside baselines on the same samples
    distance  Frechet audio distance of its songs to the training songs; beside it that of real
              songs and of white noise
    sounding  loudness, peak, clipped samples, silence
    copying   the second of the training songs that is most like its songs; beside it that of
              real songs, for tones are like tones

    A table goes to standard error, JSON to standard output or to -o.
    """  # noqa: D301 - click's mark
    from audioml.core.files import write_bytes

    from ..judge import Settings, judge, lines
    from ..song.model import find

    settings = Settings(**given)
    verdict = judge(find(model), corpus, settings, told=_told)
    told = (json.dumps(verdict, indent=2, ensure_ascii=False) + "\n").encode()
    if not output.is_quiet():
        for line in lines(verdict).splitlines()[1:]:
            click.echo(line, err=True)
    if out is None:
        output.write_result(told)
    else:
        write_bytes(out, told)
    return 0


def _told(what: str) -> None:
    if output.someone_looks() and not output.is_quiet():
        output.say(f"{what} ...")
