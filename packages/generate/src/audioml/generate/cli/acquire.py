"""``audioml generate acquire``: recordings whose licences allow it, and where they came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audioml.core.cli import output
from audioml.core.errors import UsageError

if TYPE_CHECKING:
    from ..acquire.choosing import Request
    from ..acquire.report import Report

__all__ = ["acquire"]


@click.command(epilog="`audioml plugins` lists the collections that plugins add.")
@click.argument("collection", metavar="COLLECTION")
@click.argument("source", required=False)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER", help="Where the recordings go; those that are there are not fetched again.",
)  # fmt: skip
@click.option("--genre", "genres", multiple=True, help="Only of this genre; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many recordings.")
@click.option(
    "--allow", multiple=True, metavar="nc|nd|LICENCE",
    help="Besides CC0, public domain, CC BY and CC BY-SA: not for commerce, no derivatives, or a "
    "licence by its name; may be repeated.",
)  # fmt: skip
@click.option(
    "--licence", "--license", metavar="LICENCE",
    help="Of recordings that come without one, such as CC-BY-4.0; own for your own.",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the collection."
)
@click.option(
    "--contact", default="", metavar="TEXT",
    help="Your address, of mail or a page, for the hosts that are asked.",
)  # fmt: skip
@click.option(
    "--delay", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS",
    help="Between two requests to a host, where robots.txt asks for less.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say what would be fetched, and its licences.")
def acquire(
    *,
    collection: str,
    source: str | None,
    out: Path,
    genres: tuple[str, ...],
    limit: int | None,
    allow: tuple[str, ...],
    licence: str | None,
    settings: tuple[str, ...],
    contact: str,
    delay: float,
    dry_run: bool,
) -> int:
    """Get the recordings of COLLECTION whose licences allow it, and note where they came from.

    \b
    fma     the FMA data set; SOURCE is a folder with its zips, or a mirror's address
            --set subset=small, medium, large or full
    urls    SOURCE is a table (.csv, .jsonl, .parquet) of URLs, or the URL of a recording or a zip
    folder  SOURCE is a folder of recordings
            --set link=yes, --set metadata=TABLE

    A recording without a licence, or with one that is not understood, is refused. FOLDER gets
    audio/, manifest.parquet and ATTRIBUTION.md. A command that was interrupted goes on where it
    was when it is run again.
    """  # noqa: D301 - click's mark
    from ..acquire.choosing import Request
    from ..acquire.web import Pace, Web

    web = Web(pace=Pace(delay=delay), contact=_one_line(contact))
    request = Request(
        collection=collection,
        destination=out,
        source=source,
        settings=dict(_setting(text) for text in settings),
        allow=allow,
        licence=licence,
        genres=genres,
        limit=limit,
    )
    if dry_run:
        return _tell(request, web)
    return _get(request, web)


def _get(request: Request, web: object) -> int:
    from ..acquire.report import Report
    from ..acquire.run import acquire as work
    from ..progress import drawing

    report = Report()
    try:
        with drawing() as told:
            work(request, web=web, told=told, report=report)  # type: ignore[arg-type]
    finally:
        for line in report.failures():
            output.say(line)
        if not output.is_quiet() and (report.kept or report.refused or report.failed):
            output.say(report.summary())
    return _code(report)


def _tell(request: Request, web: object) -> int:
    from collections import Counter

    from ..acquire.run import choose

    chosen, report = choose(request, web=web)  # type: ignore[arg-type]
    for line in report.failures():
        output.say(line)
    wanted = Counter(licence.id for _, licence in chosen)
    rows = [[str(count), name, "wanted"] for name, count in wanted.most_common()]
    rows += [[str(count), name, "refused"] for name, count in report.refused.most_common()]
    click.echo(output.table(["recordings", "licence", ""], rows))
    return _code(report, wanted=len(chosen))


def _code(report: Report, *, wanted: int = 0) -> int:
    """Return the exit code; having got nothing at all is a failure."""
    if report.failed:
        return 1
    if not (report.kept or wanted):
        refused = "all that there is was refused by its licence; see --allow and --licence"
        output.say(refused if report.refused else "there is no such recording")
        return 1
    return 0


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise UsageError(f"--set takes KEY=VALUE, got {text!r}")
    return key, value


def _one_line(text: str) -> str:
    if not text.isascii() or (text and not text.isprintable()) or "(" in text or ")" in text:
        raise UsageError(f"--contact is sent to hosts and must be plain text, got {text!r}")
    return text
