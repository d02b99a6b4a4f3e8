"""Tells whether a file is a whole TFLite model.

tflite-runtime 2.14 does not ask: it ends the process when it meets a truncated file. So the
offsets that lead to names, shapes and weights are followed here first, by the schema of TFLite
(``tensorflow/compiler/mlir/lite/schema/schema.fbs``; the numbers of its fields never change).
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError, NotFoundError
from audioml.core.files import shown

__all__ = ["check_model"]

# number of a field -> bytes per item of a vector | a table's fields | [fields of its tables]
_Fields = dict[int, Any]
_QUANTIZATION: _Fields = {0: 4, 1: 4, 2: 4, 3: 8}
_TENSOR: _Fields = {0: 4, 3: 1, 4: _QUANTIZATION, 7: 4}
_OPERATOR: _Fields = {1: 4, 2: 4, 4: {}, 5: 1}
_SUBGRAPH: _Fields = {0: [_TENSOR], 1: 4, 2: 4, 3: [_OPERATOR], 4: 1}
_NAMED: _Fields = {0: 1}
_SIGNATURE: _Fields = {0: [_NAMED], 1: [_NAMED], 2: 1}
_MODEL: _Fields = {
    1: [{1: 1}],
    2: [_SUBGRAPH],
    3: 1,
    4: [{0: 1}],
    5: 4,
    6: [_NAMED],
    7: [_SIGNATURE],
}


def check_model(path: Path) -> None:
    """Check that everything in a model file lies inside it.

    Raises
    ------
    NotFoundError
        If the file cannot be read.
    IntegrityError
        If it is not a TFLite model, or not all of one.
    """
    try:
        with path.open("rb") as file:
            if file.read(8)[4:] != b"TFL3":
                raise IntegrityError(
                    f"{shown(path)} is not a TFLite model: wanted 'TFL3' at byte 4"
                )
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                _Check(data).table(_moved(data, 0), _MODEL)
    except OSError as error:
        raise NotFoundError(f"cannot read {shown(path)}: {error.strerror or error}") from error
    except (IndexError, struct.error) as error:
        raise IntegrityError(
            f"{shown(path)} is not a whole TFLite model: it is damaged or ends too early"
        ) from error


def _number(data: mmap.mmap, at: int, form: str) -> int:
    if at < 0:  # which would count from the end
        raise IndexError(at)
    return int(struct.unpack_from(form, data, at)[0])


def _moved(data: mmap.mmap, at: int) -> int:
    return at + _number(data, at, "<I")


class _Check:
    """Follows every offset once: tables may be pointed to from many places."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._seen: set[tuple[int, int]] = set()

    def table(self, at: int, fields: _Fields) -> None:
        """Check a table: how long it is and where its fields lie stands in another, the vtable."""
        if (at, id(fields)) in self._seen:
            return
        self._seen.add((at, id(fields)))
        data = self._data
        vtable = at - _number(data, at, "<i")
        length = _number(data, vtable, "<H")
        _number(data, vtable + length - 2, "<H")
        _number(data, at + _number(data, vtable + 2, "<H") - 1, "<B")
        for field, kind in fields.items():
            slot = 4 + 2 * field
            offset = _number(data, vtable + slot, "<H") if slot < length else 0
            if offset and isinstance(kind, dict):
                self.table(_moved(data, at + offset), kind)
            elif offset:
                self._vector(_moved(data, at + offset), kind)

    def _vector(self, at: int, kind: int | list[_Fields]) -> None:
        if (at, id(kind)) in self._seen:
            return
        self._seen.add((at, id(kind)))
        data = self._data
        count = _number(data, at, "<I")
        width = kind if isinstance(kind, int) else 4
        _number(data, at + 3 + count * width, "<B")
        if isinstance(kind, list):
            for place in range(at + 4, at + 4 + 4 * count, 4):
                self.table(_moved(data, place), kind[0])
