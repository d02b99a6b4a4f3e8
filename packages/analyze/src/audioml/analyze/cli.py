"""``audioml analyze``: recordings in, annotations out."""

from __future__ import annotations

from typing import Any

import click

from audioml.core.cli import output
from audioml.core.errors import UsageError

__all__ = ["app"]


@click.command()
@click.argument("recordings", nargs=-1)
@click.option("-o", "--out", help="File to write; or a folder, ending with / where it is new.")
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    help="Comma-separated: jams, lab, csv, json, midi, audacity, sv, html, npz, text. "
    "By default that of the file named by -o, else jams.",
)
@click.option(
    "-e", "--estimators", default="chord", show_default=True, help="Comma-separated, or all."
)
@click.option("--report", is_flag=True, help="Also write an HTML report (beside -o, or here).")
@click.option(
    "--compat", metavar="SYSTEM", help="Answer to the letter as another does: crema (chord)."
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Recordings analysed at the same time.",
)
@click.option("--resume", is_flag=True, help="Skip what is answered already.")
@click.option("--cache/--no-cache", default=True, help="Use and keep earlier answers.")
@click.option("--list", "list_", is_flag=True, help="List the estimators, with their figures.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is done.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what failed.")
def app(*, list_: bool, verbose: bool, quiet: bool, formats: tuple[str, ...], **asked: Any) -> int:
    """Write chords, beats and more of RECORDINGS: files, folders, patterns, or - for stdin.

    One recording without -o goes to standard output: audioml analyze song.mp3 > song.jams
    """
    from . import destination, manifest, run

    if verbose or quiet:
        output.configure_logging(verbose=verbose, quiet=quiet)
    if list_:
        click.echo(manifest.listing())
        return 0
    if not asked["recordings"]:
        raise UsageError("no recording is named: audioml analyze song.mp3")
    return run.run(run.Request(formats=destination.formats_of(formats, asked["out"]), **asked))
