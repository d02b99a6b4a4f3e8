"""A table with a header: estimator, namespace, start, end, value, confidence and the attributes.

Times are in seconds. An attribute is a column; a cell is empty where there is nothing to say.
Values that are not one number or one text are JSON.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from ..analysis import Analysis
from .events import Named, confidence, extras, named, plain, require
from .format import Format

__all__ = ["CSV", "encode"]

_COLUMNS = ("estimator", "namespace", "start", "end", "value", "confidence")


def encode(analysis: Analysis) -> bytes:
    """Return every event of the analysis as one row.

    Raises
    ------
    OutputError
        If no estimator gave annotations.
    """
    found = require(list(named(analysis)), "no events for a table")
    # dict.fromkeys: a set in order of appearance
    names = dict.fromkeys(name for n in found for name in n.annotation.attributes)
    columns = [*_COLUMNS, *(_column(name) for name in names)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for n in found:
        writer.writerows(_row(n, i) for i in range(len(n.annotation)))
    return text.getvalue().encode()


def _column(attribute: str) -> str:
    return f"{attribute}_" if attribute in _COLUMNS else attribute


def _row(n: Named, index: int) -> dict[str, Any]:
    start, end = n.annotation.intervals[index].tolist()
    cells = (
        n.estimator,
        n.annotation.namespace,
        start,
        end,
        _cell(plain(n.annotation.values[index])),
        confidence(n.annotation, index),
    )
    attributes = {_column(k): _cell(v) for k, v in extras(n.annotation, index).items()}
    return dict(zip(_COLUMNS, cells, strict=True)) | attributes


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


CSV = Format(".csv", encode, "text/csv")
