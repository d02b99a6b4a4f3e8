"""Labels out of text: label files (start, end, label) and tables of notes or segments.

A first line of names says what the columns are; without one they are start, end and label, or
time and label. Columns are set apart by commas, semicolons, tabs or blanks.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from audioml.core.errors import ValidationError

from .labels import Labels

__all__ = ["decode"]

_NAMES = {
    "onset": ("onset", "onsettime", "start", "starttime", "begin", "time", "onsets"),
    "offset": ("offset", "offsettime", "end", "endtime", "stop", "offsets"),
    "duration": ("duration", "dur", "length"),
    "pitch": ("pitch", "midipitch", "note", "midi", "midinote"),
    "velocity": ("velocity", "vel"),
    "label": ("label", "value", "chord", "class", "event", "text", "tag", "eventlabel"),
}
_COLUMN = {name: column for column, names in _NAMES.items() for name in names}
_USUAL = 64.0


def decode(data: bytes, /) -> Labels:
    """Return the notes or the segments of a text.

    Raises
    ------
    ValidationError
        If it is no such text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(f"expected text in UTF-8: {error.reason}") from error
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in "#;"]
    if not lines:
        return Labels.of()
    separator = next((each for each in "\t,;" if each in lines[0]), None)
    if _is_number(_cells(lines[0], separator, 3)[0]):
        return _unnamed([_cells(line, separator, 3) for line in lines])
    header = [_plain(cell) for cell in _cells(lines[0], separator, -1)]
    columns = {_COLUMN[cell]: i for i, cell in reversed([*enumerate(header)]) if cell in _COLUMN}
    return _named([_cells(line, separator, len(header)) for line in lines[1:]], columns, header)


def _cells(line: str, separator: str | None, most: int) -> list[str]:
    if separator is None:
        return line.split(maxsplit=most - 1 if most > 0 else -1)
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _float(row: Sequence[str], at: int, line: int) -> float:
    try:
        return float(row[at])
    except (IndexError, ValueError):
        raise ValidationError(f"expected a number in column {at + 1} of row {line + 1}") from None


def _unnamed(rows: list[list[str]]) -> Labels:
    spans, has_end = [], _has_ends(rows)
    for line, row in enumerate(rows):
        start = _float(row, 0, line)
        end = _float(row, 1, line) if has_end else start
        text = " ".join(row[2:] if has_end else row[1:])
        spans.append((start, end, text, "segment_open" if has_end else "event"))
    return Labels.of(segments=spans)


def _has_ends(rows: list[list[str]]) -> bool:
    """Tell start, end and label from time and label, of which the label may be a beat's number."""
    first = rows[0]
    if len(first) < 2 or not _is_number(first[1]):
        return False
    if len(first) > 2:
        return True
    return all(
        len(row) > 1
        and _is_number(row[0])
        and _is_number(row[1])
        and float(row[0]) <= float(row[1])
        for row in rows
    )


def _named(rows: list[list[str]], columns: dict[str, int], header: list[str]) -> Labels:
    if "onset" not in columns:
        raise ValidationError(
            f"expected a column 'onset', 'start' or 'time', got {', '.join(header)}"
        )
    notes, spans = [], []
    for line, row in enumerate(rows):
        start = _float(row, columns["onset"], line)
        end = start
        if "offset" in columns:
            end = _float(row, columns["offset"], line)
        elif "duration" in columns:
            end = start + _float(row, columns["duration"], line)
        if "pitch" in columns:
            loud = _float(row, columns["velocity"], line) if "velocity" in columns else _USUAL
            notes.append((start, end, _float(row, columns["pitch"], line), loud))
        else:
            at = columns.get("label", len(row))
            spans.append((start, end, row[at] if at < len(row) else "", "segment_open"))
    return Labels.of(notes=notes, segments=spans)
