"""Recordings in a folder of this machine, with what their tags or a table say of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audioml.core.errors import NotFoundError, UsageError, ValidationError
from audioml.core.files import shown

from ..collection import Wanted
from ..fetcher import Fetcher
from ..item import File, Item
from ..names import safe_name, suffix_of
from ..tables import facts, rows

__all__ = ["FOLDER"]

_TABLE = "metadata.csv"
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


class Folder:
    """All files of sound below a folder, in the order of their names."""

    settings: Mapping[str, str] = {
        "metadata": f"a table with a column of paths; by default {_TABLE} in the folder",
        "link": "yes makes symbolic links rather than copies",
    }
    credit = ""

    def items(self, wanted: Wanted, fetcher: Fetcher, /) -> Iterator[Item]:
        """Yield the recordings; artist, title, album and genre are those of the table or the tags.

        Raises
        ------
        UsageError
            If no folder is named, or a setting makes no sense.
        NotFoundError
            If there is no such folder, or no such table.
        """
        if wanted.source is None:
            raise UsageError("name the folder: audioml generate acquire folder PATH -o FOLDER")
        source = Path(wanted.source)
        if not source.is_dir():
            raise NotFoundError(f"{shown(source)} is not a folder")
        own = fetcher.folder.parent.resolve()
        if own == source.resolve():
            raise UsageError(f"{shown(source)} cannot be acquired into itself")
        link = _TRUTHS.get(wanted.settings.get("link", "no").lower())
        if link is None:
            raise UsageError(f"link is yes or no, got {wanted.settings['link']!r}")
        known = _known(source, wanted.settings.get("metadata"))
        names = sorted(_found(source, own))
        often = Counter(os.path.splitext(name)[0] for name in names)  # noqa: PTH122 - no path
        for name in names:
            bare, suffix = os.path.splitext(name)  # noqa: PTH122
            called = safe_name(bare if often[bare] == 1 else name)
            place = File(source / name, link=link)
            yield _item(called, suffix.lower(), place, known.get(name))


def _item(called: str, suffix: str, place: File, row: Mapping[str, str] | None) -> Item:
    try:
        about = facts(row or {})
    except ValidationError as error:
        return Item(id=called, problem=str(error))
    tags = _tags(place.path)
    merged: dict[str, Any] = {**about, **{k: v for k, v in tags.items() if not about[k]}}
    return Item(id=called, suffix=suffix, place=place, **merged)


def _found(source: Path, own: Path) -> Iterator[str]:
    """Yield the files of sound below a folder, without those that are hidden or acquired."""
    for root, folders, files in os.walk(source):
        here = Path(root)
        folders[:] = [f for f in folders if not f.startswith(".") and (here / f).resolve() != own]
        for name in files:
            if not name.startswith(".") and suffix_of(name):
                yield (here / name).relative_to(source).as_posix()


def _known(source: Path, table: str | None) -> dict[str, dict[str, str]]:
    """Return what a table says, by path."""
    path = source / _TABLE if table is None else Path(table)
    if table is None and not path.is_file():
        return {}
    known = {}
    for row in rows(path):
        if "path" not in row:
            raise ValidationError(f"{shown(path)} needs a column 'path' with a path in every row")
        known[row["path"].replace("\\", "/").removeprefix("./")] = row
    return known


def _tags(path: Path) -> dict[str, str]:
    """Return what a file says of itself."""
    from tinytag import TinyTag, TinyTagException

    try:
        found = TinyTag.get(path, duration=False)
    except (TinyTagException, OSError, ValueError):
        return {}
    texts = {name: getattr(found, name) for name in ("artist", "title", "album", "genre")}
    return {name: text.strip() for name, text in texts.items() if text and text.strip()}


FOLDER = Folder()
