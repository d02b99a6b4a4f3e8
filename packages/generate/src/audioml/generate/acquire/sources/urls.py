"""Recordings that a table names by their URLs; also a single one, or all that are in a zip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from audioml.core.errors import AudiomlError, UsageError, ValidationError
from audioml.core.files import is_inside, shown

from ..collection import Wanted
from ..fetcher import Fetcher
from ..item import Item, Member, Url
from ..names import safe_name, suffix_of
from ..tables import ENDINGS, facts, rows
from ..web.origin import origin_of

__all__ = ["URLS"]

_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64}


class Urls:
    """The rows of a table.

    Its columns: ``url``; of a zip, ``member`` (all recordings in it, where that is missing);
    ``id``; one of ``sha256``, ``sha1`` and ``md5``, of the recording, or of the zip where no
    member is named; and what is known: ``licence``, ``licence_url``, ``attribution``, ``page``,
    ``artist``, ``title``, ``album``, ``genre``, ``split``.
    """

    settings: Mapping[str, str] = {}
    credit = ""

    def items(self, wanted: Wanted, fetcher: Fetcher, /) -> Iterator[Item]:
        """Yield a recording for each row, or several where a row names a zip.

        Raises
        ------
        UsageError
            If no table and no URL is named.
        ValidationError
            If the table is none, or has no column of URLs.
        """
        if wanted.source is None:
            raise UsageError("name a table or a URL: audioml generate acquire urls TABLE -o FOLDER")
        for number, row in enumerate(_rows(wanted.source, fetcher), 1):
            try:
                if "url" not in row:
                    raise ValidationError("it needs a cell in the column 'url'")
                origin_of(row["url"])
                yield from _items(row, fetcher)
            except AudiomlError as error:
                yield Item(id=row.get("id") or f"row {number}", genre=row.get("genre"),
                           problem=str(error))  # fmt: skip


def _rows(source: str, fetcher: Fetcher) -> Iterable[dict[str, str]]:
    is_url = source.startswith(("http://", "https://"))
    suffix = PurePosixPath(urlsplit(source).path).suffix.lower()
    if is_url and suffix not in ENDINGS:
        return [{"url": source}]
    if not is_url:
        return _checked(source, rows(Path(source)))
    part = fetcher.download(source)
    table = part.path.with_suffix(suffix)
    part.path.replace(table)
    try:
        return list(_checked(source, rows(table)))
    finally:
        table.unlink()
        part.discard()


def _checked(source: str, found: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    for number, row in enumerate(found):
        if not number and "url" not in row:
            known = ", ".join(row) or "none"
            raise ValidationError(f"{shown(source)} needs a column 'url'; it has {known}")
        yield row


def _items(row: Mapping[str, str], fetcher: Fetcher) -> Iterator[Item]:
    url, digest, about = row["url"], _digest(row), facts(row)
    name = unquote(PurePosixPath(urlsplit(url).path).name)
    mark = hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    base = safe_name(row.get("id") or f"{PurePosixPath(name).stem or 'recording'}-{mark}")
    if "member" in row:
        member = row["member"]
        called = base if "id" in row else safe_name(f"{base}/{_stem(member)}")
        yield _member(called, Member(url, member, digest), about)
    elif name.lower().endswith(".zip"):
        members = [m for m in fetcher.archive(url, digest=digest).members() if suffix_of(m)]
        for member in members:
            called = safe_name(f"{base}/{_stem(member)}")
            yield _member(called, Member(url, member, whole=digest), about)
    else:
        yield Item(id=base, suffix=suffix_of(name), place=Url(url, digest), **about)


def _member(called: str, place: Member, about: dict[str, str | None]) -> Item:
    if not is_inside(place.member):
        return Item(id=place.member, genre=about["genre"],
                    problem=f"{place.archive} holds an unsafe name: {place.member!r}")  # fmt: skip
    return Item(id=called, suffix=suffix_of(place.member), place=place, **about)  # type: ignore[arg-type]


def _stem(member: str) -> str:
    return str(PurePosixPath(member).with_suffix("")) if PurePosixPath(member).name else member


def _digest(row: Mapping[str, str]) -> str:
    """Return the strongest hash that a row has."""
    for method in ("sha256", "sha1", "md5"):
        if method in row:
            text = row[method].lower()
            if len(text) != _LENGTHS[method] or not set(text) <= set("0123456789abcdef"):
                raise ValidationError(
                    f"{method} is {_LENGTHS[method]} hexadecimal digits, got {text!r}"
                )
            return f"{method}:{text}"
    return ""


URLS = Urls()
