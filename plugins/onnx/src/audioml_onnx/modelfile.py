"""Tells whether a file is a whole ONNX model, and where the rest of its weights lie.

A model may keep tensors in other files, which it names. onnxruntime opens what is named, so the
names are looked at here first. A file is protobuf (``onnx/onnx.proto``; the numbers of its fields
never change): fields that bear a number and, where they may be skipped, a length.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from audioml.core.errors import IntegrityError, NotFoundError
from audioml.core.files import is_inside, shown

__all__ = ["check_model"]

_Span = tuple[int, int]

# message -> number of a field -> the message in it
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "external"},
}
_DEPTH = 100  # as deep as protobuf itself goes
_GRAPH, _KEY, _VALUE = 7, 1, 2
_VARINT, _LENGTH, _FIXED = 0, 2, {1: 8, 5: 4}  # the kinds of fields; bytes of those of one size


def check_model(path: Path) -> None:
    """Check that a model file is whole, and that the files it names lie beside or below it.

    Raises
    ------
    NotFoundError
        If it cannot be read, or a file that it names is not there.
    IntegrityError
        If it is not an ONNX model, not all of one, or names a file elsewhere.
    """
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise IntegrityError(f"{shown(path)} is not an ONNX model: it is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                _check(path, data)
    except OSError as error:
        raise NotFoundError(f"cannot read {shown(path)}: {error.strerror or error}") from error


def _check(path: Path, data: mmap.mmap) -> None:
    whole = (0, len(data))
    try:
        graphs = [number for number, _ in _fields(data, whole) if number == _GRAPH]
        named = set(_external(data, whole, "model", 0))
    except (LookupError, ValueError) as error:
        raise IntegrityError(
            f"{shown(path)} is not a whole ONNX model: it is damaged, or ends too early"
        ) from error
    if not graphs:
        raise IntegrityError(f"{shown(path)} is not an ONNX model: wanted one that has a graph")
    for name in sorted(named):
        _check_beside(path, name)


def _check_beside(path: Path, name: str) -> None:
    place = path.parent / name
    # "*/" begins names that onnxruntime takes for addresses in memory
    inside = is_inside(name) and not name.startswith("*")
    if not inside or not place.resolve().is_relative_to(path.parent.resolve()):
        raise IntegrityError(
            f"{shown(path)} keeps weights in {name!r}: wanted a file in the folder of the model"
        )
    if not place.is_file():
        raise NotFoundError(f"{shown(path)} keeps weights in {name!r}, which is not beside it")


def _external(data: mmap.mmap, span: _Span, kind: str, depth: int) -> Iterator[str]:
    """Yield the names of the files in which tensors lie."""
    if depth > _DEPTH:
        raise ValueError(depth)
    inside = _INSIDE[kind]
    for number, field in _fields(data, span):
        found = inside.get(number)
        if found == "external":
            entry = {n: data[slice(*s)] for n, s in _fields(data, field)}
            if entry.get(_KEY) == b"location":
                yield entry.get(_VALUE, b"").decode()
        elif found:
            yield from _external(data, field, found, depth + 1)


def _fields(data: mmap.mmap, span: _Span) -> Iterator[tuple[int, _Span]]:
    """Yield the numbers of a message's fields that have a length, and where their bytes are."""
    at, end = span
    while at < end:
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == _LENGTH:
            length, start = _varint(data, at)
            at = start + length
        elif wire == _VARINT:
            _, at = _varint(data, at)
        else:
            at += _FIXED[wire]
        if at > end:
            raise IndexError(at)
        if wire == _LENGTH:
            yield tag >> 3, (start, at)


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError(value)
