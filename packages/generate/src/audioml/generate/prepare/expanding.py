"""From Parquet to the corpus that training maps: shards, manifest, attribution, report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audioml.core.corpus import CorpusWriter
from audioml.core.files import replacing_folder, write_bytes

from ..acquire.attribution import page
from ..acquire.destination import ATTRIBUTION
from ..acquire.manifest import Recording
from ..progress import Told
from .exchange import COLUMNS, Exchange
from .report import Lost, Report

__all__ = ["expand"]

_OWN = {"id", "rate", "encoding", "n", "audio_sha256", "audio", "key"}
_COLUMNS = tuple(name for name in COLUMNS if name not in _OWN)


def expand(
    exchange: Exchange, destination: Path, report: Report, *, again: bool, told: Told
) -> None:
    """Write the songs of an exchange as a corpus, in the order of their names.

    Of songs that sound alike to the last bit, the first is used: another could lie in another
    split.

    Raises
    ------
    OutputError
        If it cannot be written, or something stands there.
    IntegrityError
        If the Parquet is damaged.
    """
    with replacing_folder(destination, again=again) as made:
        inner = made / "corpus"
        with CorpusWriter(inner, rate=report.rate, encoding=report.encoding) as corpus:
            kept = list(_append(exchange, corpus, report, told))
        for path in inner.iterdir():
            path.rename(made / path.name)
        inner.rmdir()
        write_bytes(made / ATTRIBUTION, page(map(_credited, kept), exchange.credits).encode())
        report.write(made)


def _append(
    exchange: Exchange, corpus: CorpusWriter, report: Report, told: Told
) -> Iterator[dict[str, Any]]:
    """Yield the rows that are used, once they are written."""
    first: dict[str, str] = {}
    for name in exchange.ordered():
        told.item(name)
        row = exchange.rows[name]
        about: dict[str, Any] = {column: row.get(column) for column in _COLUMNS}
        other = first.setdefault(str(row.get("audio_sha256") or name), name)
        if other != name:
            reason = f"sounds as {other} does, to the last bit"
            report.quarantined.append(Lost(name, about["path"] or name, reason))
            continue
        corpus.append(name, exchange.samples(name), **about)
        report.add(about["split"] or "unknown", row["n"] / report.rate, about["licence"])
        yield {"id": name, **about}
        told.done()


def _credited(row: dict[str, Any]) -> Recording:
    """Return a row as that of a recording, for the page of attributions."""
    from datetime import UTC, datetime

    licence = row["licence"]
    fallback = f'"{row["title"] or row["id"]}", licence {licence}'
    return Recording(
        id=row["id"],
        path=row["path"] or row["id"],
        url=row["url"],
        sha256=row["sha256"] or "",
        bytes=0,
        licence=licence,
        licence_url=row["licence_url"],
        attribution=row["attribution"] or fallback,
        artist=row["artist"],
        title=row["title"],
        album=row["album"],
        genre=row["genre"],
        split=row["split"],
        collection=row["collection"] or "folder",
        fetched_at=datetime.fromtimestamp(0, UTC),
        tool="",
    )
