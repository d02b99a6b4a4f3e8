"""``audioml generate prepare``: from recordings to a corpus."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import click

from audioml.core.cli import output

__all__ = ["prepare"]


@click.command(epilog="`audioml plugins --kind engine` lists the engines that plugins add.")
@click.argument("source", metavar="RAW", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", "destination", required=True, type=click.Path(path_type=Path),
    metavar="CORPUS", help="The corpus to be.",
)  # fmt: skip
@click.option("--rate", type=int, metavar="HZ", help="Of the corpus.  [default: 16000]")
@click.option(
    "--encoding", type=click.Choice(["mulaw", "int16"]),
    help="8 bits in the fixed range of -1 to 1, or 16.  [default: mulaw]",
)  # fmt: skip
@click.option(
    "--split", metavar="A/B/C|given",
    help="Shares of train, validation and test, by artist; given uses those of RAW.  "
    "[default: given where all have one, else 80/10/10]",
)  # fmt: skip
@click.option("--seed", type=int, default=0, help="Of the splits that are drawn.")
@click.option(
    "--min-seconds", type=float, default=5.0, show_default=True,
    help="Shorter recordings are left out.",
)  # fmt: skip
@click.option(
    "--licence", "--license", metavar="LICENCE",
    help="Of recordings that come without one, such as CC-BY-4.0; own for your own.",
)  # fmt: skip
@click.option("--keep-damaged", is_flag=True, help="Use what can be decoded of a damaged file.")
@click.option(
    "--parquet", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Keep the corpus as Parquet too, which other machines need to see.",
)  # fmt: skip
@click.option(
    "--engine", default="local", show_default=True, metavar="local|spark|ray",
    help="Who does the work.",
)  # fmt: skip
@click.option(
    "-j", "--jobs", "workers", type=click.IntRange(min=1), metavar="N",
    help="Processes on this machine.  [default: one for each core]",
)  # fmt: skip
@click.option("--master", metavar="URL", help="Of a cluster, such as spark://host:7077.")
@click.option("--strict", is_flag=True, help="End with 1 if a song could not be used.")
@click.option("--again", is_flag=True, help="Make a corpus anew that is there already.")
def prepare(*, strict: bool, workers: int | None, **given: Any) -> int:
    """Make a corpus that training maps, of the recordings in RAW.

    RAW is what `audioml generate acquire` left, any other folder of recordings, or the Parquet of
    a corpus. Each recording is decoded, brought to one channel and one rate, checked and encoded.
    What cannot be used is quarantined: listed with its reason in quarantine.csv. Licences and
    provenance go along. A command that was interrupted goes on where it was when it is run again.
    """
    from ..prepare import Settings
    from ..prepare import prepare as work
    from ..progress import drawing

    settings = Settings(workers=workers or _cores(), **given)
    with drawing() as told:
        report = work(settings, told=told)
    if not output.is_quiet():
        for line in report.lines():
            output.say(line)
    return 1 if strict and report.quarantined else 0


def _cores() -> int:
    if importlib.util.find_spec("joblib") is None:
        return 1
    return os.cpu_count() or 1
