"""The MAESTRO data set (Hawthorne et al. 2019), versions 1 to 3, by its CSV or its JSON.

Its JSON is a list of records up to version 2, and columns of a table from version 3 on.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audioml.core.errors import NotFoundError, ValidationError
from audioml.core.files import shown

from ..items import Found, Item, Problem
from ..settings import Settings
from ..splitting import named_split

__all__ = ["metadata_in", "parse", "recognises"]

_NEEDED = ("canonical_composer", "canonical_title", "split", "midi_filename", "audio_filename")


def metadata_in(folder: Path) -> Path | None:
    """Return the metadata that lie in a folder of MAESTRO, the newest version's first."""
    for ending in ("csv", "json"):
        found = sorted(folder.glob(f"maestro-v*.{ending}"), reverse=True)
        if found:
            return found[0]
    return None


def recognises(path: Path) -> bool:
    """Return whether a file has what MAESTRO's metadata have."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return path.suffix.lower() == ".json" or all(name.encode() in head for name in _NEEDED)


def parse(settings: Settings) -> Found:
    """Return the recordings of MAESTRO.

    Raises
    ------
    NotFoundError
        If there are no metadata.
    ValidationError
        If they are not MAESTRO's.
    """
    root = settings.source_path
    about = settings.metadata or metadata_in(root)
    if about is None or not about.is_file():
        raise NotFoundError(
            f"{shown(about or root)} holds no metadata of MAESTRO; expected maestro-vN.N.N.csv"
        )
    items, problems = [], []
    for record in _records(about):
        item = _item(root, record, with_labels=settings.label_ext is not None)
        absent = [p for p in (item.audio, item.label) if p is not None and not p.is_file()]
        if absent:
            reason = f"{shown(about.name)} names it, but it is not there"
            problems.append(Problem("missing file", str(absent[0].relative_to(root)), reason))
        else:
            items.append(item)
    return Found(tuple(items), tuple(problems))


def _item(root: Path, record: Mapping[str, Any], *, with_labels: bool) -> Item:
    composer, title = str(record["canonical_composer"]), str(record["canonical_title"])
    audio = str(record["audio_filename"])
    return Item(
        name=audio.rpartition(".")[0] or audio,
        audio=root / audio,
        label=root / str(record["midi_filename"]) if with_labels else None,
        split=named_split(record["split"]),
        piece=f"{composer}: {title}",
        artist=composer,
        facts={"composer": composer, "title": title, "year": str(record.get("year", ""))},
    )


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        text = path.read_text("utf-8-sig")
        records = list(_json(text) if path.suffix.lower() == ".json" else _csv(text))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ValidationError(f"{shown(path)} cannot be read: {error}") from error
    for number, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise ValidationError(f"{shown(path)} must hold records, got {record!r}")
        lacking = [name for name in _NEEDED if not record.get(name)]
        if lacking:
            raise ValidationError(
                f"record {number + 1} of {shown(path)} has no {', '.join(lacking)}; "
                "expected the metadata of MAESTRO"
            )
        yield record


def _csv(text: str) -> Iterator[Mapping[str, Any]]:
    yield from csv.DictReader(io.StringIO(text))


def _json(text: str) -> Iterator[Mapping[str, Any]]:
    tree = json.loads(text)
    if isinstance(tree, list):
        yield from tree
        return
    columns = {name: column for name, column in tree.items() if isinstance(column, Mapping)}
    for key in columns.get("audio_filename", {}):
        yield {name: column.get(key) for name, column in columns.items()}
