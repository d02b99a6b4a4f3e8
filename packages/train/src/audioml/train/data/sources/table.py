"""A table with a line for each recording: its file, its label or labels, what else is known.

One column of text is a class; one whose cells hold several words between separators is several
classes; columns of 0 and 1 are classes too, named by the columns; other numbers are values.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from audioml.core.errors import UsageError, ValidationError
from audioml.core.files import shown

from ..files import audio_files, label_files, names_of
from ..items import Found, Item, Problem
from ..labels import Labels
from ..pairing import pair
from ..settings import Settings
from ..splitting import named_split

__all__ = ["parse"]

_FILES = (
    "file",
    "filename",
    "file_name",
    "path",
    "audio",
    "audio_filename",
    "wav",
    "slice_file_name",
)
_LABELS = ("label", "labels", "class", "classes", "category", "tag", "tags", "target", "value")
_OWN = ("split", "piece", "artist")
_Row = Mapping[str, str]


def parse(settings: Settings) -> Found:
    """Return the recordings that a table names.

    Raises
    ------
    UsageError
        If no table is given, or its columns are not those that are asked for.
    """
    rows, columns = _table(settings.metadata)
    column = next((name for name in columns if name.lower() in _FILES), None)
    if column is None:
        raise UsageError(
            f"{shown(settings.metadata or '')} needs a column of files, such as 'file'; "
            f"it has {', '.join(columns)}"
        )
    named = _label_columns(settings, columns)
    read = _reader(settings, rows, named)
    audio = audio_files(settings)
    where, names = _where(audio), names_of(audio)
    labels = _label_of(settings, audio)
    rest = [name for name in columns if name not in (column, *named) and name not in _OWN]
    items: list[Item] = []
    problems: list[Problem] = []
    for row in rows:
        path = _found(where, row[column])
        if path is None:
            problems.append(Problem("missing file", row[column], "the table names it"))
            continue
        items.append(
            Item(
                name=names[path],
                audio=settings.source_path / path,
                label=labels.get(path),
                labels=read(row),
                split=named_split(row.get("split")),
                piece=row.get("piece") or None,
                artist=row.get("artist") or None,
                facts={name: row[name] for name in rest},
            )
        )
    taken = {item.name for item in items}
    problems += [
        Problem("audio without labels", path, "the table does not name it")
        for path in audio
        if names[path] not in taken
    ]
    return Found(tuple(items), tuple(problems))


def _table(path: Path | None) -> tuple[list[dict[str, str]], list[str]]:
    if path is None or not path.is_file():
        raise UsageError("a table of recordings is needed: metadata=FILE.csv")
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValidationError(f"{shown(path)} is no table of text: {error}") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    columns = [name.strip() for name in reader.fieldnames or ()]
    rows = []
    for line in reader:
        cells = [*line.values()][: len(columns)]
        if None in line or None in cells:
            raise ValidationError(
                f"row {reader.line_num} of {shown(path)} must have {len(columns)} cells"
            )
        rows.append(dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
    return rows, columns


def _label_columns(settings: Settings, columns: Sequence[str]) -> tuple[str, ...]:
    wanted = settings.label_column
    if absent := [name for name in wanted if name not in columns]:
        raise UsageError(
            f"the table has no column {', '.join(absent)}; it has {', '.join(columns)}"
        )
    return wanted or tuple(name for name in columns if name.lower() in _LABELS)[:1]


def _where(audio: Sequence[str]) -> dict[str, str | None]:
    """Return the file that each way of naming it means, None where it means several."""
    where: dict[str, str | None] = {}
    for path in audio:
        parts = path.split("/")
        for first in range(len(parts)):
            for name in {"/".join(parts[first:]), "/".join(parts[first:]).rpartition(".")[0]}:
                where[name] = None if name in where and first else path
    return where


def _found(where: Mapping[str, str | None], cell: str) -> str | None:
    return where.get(cell.replace("\\", "/").removeprefix("./"))


def _label_of(settings: Settings, audio: Sequence[str]) -> dict[str, Path]:
    """Return the label file of each recording, where the set has such files too."""
    paired = pair(audio, label_files(settings, audio)).pairs
    return {path: settings.source_path / label for path, label in paired.items()}


def _reader(
    settings: Settings, rows: Sequence[_Row], columns: Sequence[str]
) -> Callable[[_Row], Labels | None]:
    """Return what makes labels of a row."""
    kind = settings.label_kind
    if not columns:
        return lambda _row: None
    cells = [row[name] for row in rows for name in columns]
    breaks = re.compile(f"[{re.escape(settings.separator)}]") if settings.separator else None
    if kind == "auto":
        kind = _kind(cells, breaks, several=len(columns) > 1)
    if kind == "number":
        return lambda row: Labels.of(values=[_float(row, name) for name in columns])
    if len(columns) > 1 and set(cells) <= {"0", "1", "", "0.0", "1.0"}:
        return lambda row: Labels.of(classes=[n for n in columns if row[n] in ("1", "1.0")])
    if kind == "class":
        return lambda row: Labels.of(classes=[row[name] for name in columns if row[name]])
    return lambda row: Labels.of(
        classes=dict.fromkeys(
            word.strip()
            for name in columns
            for word in (breaks.split(row[name]) if breaks else [row[name]])
            if word.strip()
        )
    )


def _kind(cells: Sequence[str], breaks: re.Pattern[str] | None, *, several: bool) -> str:
    if several and set(cells) <= {"0", "1", "", "0.0", "1.0"}:
        return "multi"
    if cells and all(map(_is_number, cells)) and any("." in cell for cell in cells):
        return "number"
    if several and cells and all(map(_is_number, cells)):
        return "number"
    return "multi" if breaks and any(breaks.search(cell) for cell in cells) else "class"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _float(row: _Row, name: str) -> float:
    if not _is_number(row[name]):
        raise ValidationError(f"expected a number in column {name!r}, got {row[name]!r}")
    return float(row[name])
