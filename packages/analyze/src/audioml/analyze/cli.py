"""``audioml analyze``: recordings in, annotations out."""

from __future__ import annotations

from typing import Annotated

import typer
from audioml.core.cli import output
from audioml.core.errors import UsageError

__all__ = ["app"]

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def analyze(
    recordings: Annotated[
        list[str] | None,
        typer.Argument(help="Audio files, folders, patterns, or - for standard input."),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("-o", "--out", help="File to write, or folder for several outputs."),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--format",
            help="Comma-separated: jams, lab, csv, json, midi, audacity, sv, html, npz, text. "
            "By default that of the file named by -o, else jams.",
        ),
    ] = None,
    estimators: Annotated[
        str, typer.Option("-e", "--estimators", help="Comma-separated names, or all.")
    ] = "chord",
    report: Annotated[
        bool, typer.Option("--report", help="Also write an HTML report (into -o, or here).")
    ] = False,
    compat: Annotated[
        str | None,
        typer.Option(help="Answer to the letter as another system does: crema."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Recordings analysed at the same time.")
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Skip recordings whose outputs stand already.")
    ] = False,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Use and keep earlier answers.")
    ] = True,
    list_: Annotated[
        bool, typer.Option("--list", help="List the estimators, with licences and figures.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is done.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only what failed.")] = False,
) -> int:
    """Write chords, beats and more of recordings.

    One recording without -o goes to standard output: audioml analyze song.mp3 > song.jams
    """
    from . import run

    if verbose or quiet:
        output.configure_logging(verbose=verbose, quiet=quiet)
    if list_:
        typer.echo(run.listing())
        return 0
    if not recordings:
        raise UsageError("no recording is named: audioml analyze song.mp3")
    request = run.Request(
        recordings=tuple(recordings),
        out=out,
        formats=run.formats_of(formats, out),
        estimators=estimators,
        report=report,
        compat=compat,
        jobs=jobs,
        resume=resume,
        cache=cache,
        quiet=quiet,
    )
    return run.run(request)
