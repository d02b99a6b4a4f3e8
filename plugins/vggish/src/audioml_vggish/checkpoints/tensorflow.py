"""TensorFlow's checkpoints of both versions, without TensorFlow.

Version 1 is one table whose values are tensors (saved_tensor_slice.proto); version 2 is a table
of where each tensor lies in ``.data-…`` files beside it (tensor_bundle.proto).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .crc32c import crc32c, masked
from .protobuf import fields, part, text, whole
from .reading import Arrays, mapped, reading, vector
from .table import entries, is_table

__all__ = ["index_of", "is_checkpoint", "names", "read"]

_FLOAT = 1
_FLOATS = {_FLOAT: "<f4", 2: "<f8", 19: "<f2"}
_FLOAT_VALUES, _CONTENT = 5, 4  # fields of a TensorProto
_SCALAR: tuple[int, ...] = ()
_WHAT = "TensorFlow checkpoint"


def index_of(path: Path) -> Path:
    """Return the file with the table, where a checkpoint is named by its prefix or its data."""
    name = path.name.partition(".data-")[0]
    index = path.with_name(name if name.endswith(".index") else f"{name}.index")
    return index if not path.is_file() or ".data-" in path.name else path


def is_checkpoint(path: Path) -> bool:
    """Return whether a path means a checkpoint of either version."""
    try:
        return is_table(mapped(index_of(path)))
    except OSError:
        return False


def names(path: Path) -> set[str]:
    """Return the names of the tensors in a checkpoint, without looking at these.

    Raises
    ------
    IntegrityError
        If the list of them is damaged.
    """
    index = index_of(path)
    with reading(index, _WHAT):
        if index.suffix == ".index":
            return {str(key, "utf-8") for key, _ in entries(mapped(index))}
        key, value = next(entries(mapped(index)), (b"", memoryview(b"")))
        told = [part(content) for number, content in fields(value) if number == 1 and not key]
        return set(_shapes(told[0])) if told else set()


def read(path: Path, wanted: Collection[str]) -> Arrays:
    """Return those of the wanted tensors that a checkpoint holds.

    Raises
    ------
    IntegrityError
        If it is damaged, or a tensor is cut into parts or not of floating point.
    """
    index = index_of(path)
    with reading(index, _WHAT):
        found: dict[str, NDArray[Any]] = {}
        if index.suffix == ".index":
            _read_bundle(index, wanted, found)
        else:
            _read_slices(index, wanted, found)
        return found


def _read_slices(path: Path, wanted: Collection[str], found: dict[str, NDArray[Any]]) -> None:
    shapes: dict[str, tuple[int, ...]] = {}
    for key, value in entries(mapped(path)):
        for number, content in fields(value):
            if number == 1 and not key:
                shapes = _shapes(part(content))
            elif number == 2:
                name, tensor = _slice(part(content))
                if name in wanted:
                    _put(found, name, _unpacked(tensor, shapes[name]))


def _shapes(meta: memoryview) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all tensors out of a SavedTensorSliceMeta."""
    shapes: dict[str, tuple[int, ...]] = {}
    for number, tensor in fields(meta):
        if number == 1:
            name, shape = "", _SCALAR
            for field, value in fields(part(tensor)):
                if field == 1:
                    name = text(value)
                elif field == 2:
                    shape = _shape(part(value))
            shapes[name] = shape
    return shapes


def _shape(message: memoryview) -> tuple[int, ...]:
    """Return a TensorShapeProto as a tuple."""
    lengths = []
    for number, dimension in fields(message):
        if number == 2:
            sizes = [whole(value) for field, value in fields(part(dimension)) if field == 1]
            lengths.append(sizes[0] if sizes else 0)
    return tuple(lengths)


def _slice(message: memoryview) -> tuple[str, memoryview]:
    """Return the name and the TensorProto of a SavedSlice."""
    name, tensor = "", memoryview(b"")
    for number, value in fields(message):
        if number == 1:
            name = text(value)
        elif number == 3:
            tensor = part(value)
    return name, tensor


def _unpacked(tensor: memoryview, shape: tuple[int, ...]) -> NDArray[Any]:
    kind, values = _FLOAT, memoryview(b"")
    for number, value in fields(tensor):
        if number == 1:
            kind = whole(value)
        elif number in (_CONTENT, _FLOAT_VALUES):
            values = part(value)
    if kind != _FLOAT:
        raise ValueError(f"a tensor of the type {kind}, expected float32")
    return vector(values, "<f4", shape=shape)


def _read_bundle(index: Path, wanted: Collection[str], found: dict[str, NDArray[Any]]) -> None:
    shards = 1
    for key, value in entries(mapped(index)):
        if not key:
            header = dict(fields(value))
            shards = whole(header.get(1, 1))
            if header.get(2, 0):
                raise ValueError("its numbers are big-endian, which is not read here")
        elif (name := str(key, "utf-8")) in wanted:
            _put(found, name, _entry(index, value, shards))


def _entry(index: Path, value: memoryview, shards: int) -> NDArray[Any]:
    """Return the tensor that a BundleEntryProto tells of."""
    told = dict(fields(value))
    if 7 in told:
        raise ValueError("a tensor is cut into parts, which is not read here")
    kind, shard = whole(told.get(1, 0)), whole(told.get(3, 0))
    first, size = whole(told.get(4, 0)), whole(told.get(5, 0))
    if kind not in _FLOATS or not 0 <= shard < shards:
        raise ValueError(f"a tensor of the type {kind} in part {shard} of {shards}")
    path = index.with_name(f"{index.stem}.data-{shard:05d}-of-{shards:05d}")
    with reading(path, _WHAT):
        data = mapped(path)
        if first < 0 or size < 0 or first + size > len(data):
            raise ValueError(f"a tensor ends at byte {first + size} of {len(data)}")
        content = data[first : first + size]
        if masked(crc32c(content)) != whole(told.get(6, 0)):
            raise ValueError("the checksum of a tensor is wrong")
        shape = _shape(part(told.get(2, memoryview(b""))))
        return vector(content, _FLOATS[kind], shape=shape)


def _put(found: dict[str, NDArray[Any]], name: str, array: NDArray[Any]) -> None:
    if name in found:
        raise ValueError(f"{name!r} is there twice, whole or in parts")
    if math.prod(array.shape) == 0:
        raise ValueError(f"{name!r} is empty")
    found[name] = array
