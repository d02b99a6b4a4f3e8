"""The lines that licences ask for: one for each recording, and ATTRIBUTION.md of them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

from .item import Item
from .licences import Licence
from .manifest import Recording

__all__ = ["attributed", "page"]

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def attributed(item: Item, licence: Licence) -> str:
    """Return the line for a recording: title, author, source and licence, as far as known."""
    if item.attribution:
        return " ".join(item.attribution.split())
    text = f'"{item.title or item.id}"'
    text += f" by {item.artist}" if item.artist else ""
    text += f', from "{item.album}"' if item.album else ""
    source = item.page or (item.place.url if item.place else None)
    text += f", {source}" if source else ""
    under = licence.id.removeprefix("LicenseRef-")
    text += f", licence {under}" + (f" ({licence.url})" if licence.url else "")
    return " ".join(text.split())


def page(rows: Iterable[Recording], credits_: Mapping[str, str]) -> str:
    """Return ATTRIBUTION.md: all recordings, by licence."""
    ordered = sorted(rows, key=lambda row: (row.licence, row.artist or "", row.id))
    collections = sorted({row.collection for row in ordered})
    lines = ["# Attribution", ""]
    lines += [f"{len(ordered)} recordings, acquired by audioml from {', '.join(collections)}."]
    thanks = [f"- {credits_[name]}" for name in collections if credits_.get(name)]
    lines += ["", *thanks] if thanks else []
    for licence, group in groupby(ordered, key=lambda row: row.licence):
        found = list(group)
        lines += ["", f"## {licence} ({len(found)})", ""]
        lines += [f"- {_plain(row.attribution)} (`{row.path}`)" for row in found]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Return text in which Markdown finds nothing to do, but for addresses."""
    words = text.split(" ")
    return " ".join(w if _is_address(w) else _MARKS.sub(r"\\\1", w) for w in words)


def _is_address(word: str) -> bool:
    return re.fullmatch(r"\(?https?://[^\s<>()\[\]`|\"]+\)?,?", word) is not None
