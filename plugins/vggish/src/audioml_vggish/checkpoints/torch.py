"""What ``torch.save`` wrote, in both of its formats, without torch and without unpickling.

Since version 1.6 it is a zip with a pickle and a file for each storage; before, it was five
pickles and the storages after them. Only tensors and arrays of numbers are read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pickled import unpickled
from .reading import Arrays, begins, mapped, reading

__all__ = ["is_saved", "read"]

_WHAT = "file of torch.save"
_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY = b"\x80\x02\x8a\x0a" + _MAGIC.to_bytes(10, "little")
_LONGEST = 1 << 22  # bytes of the pickles; those of VGGish's state dict have 2000
_HEADER = 30  # bytes of a zip's local header, without the name


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type of storage."""

    dtype: str


@dataclass(frozen=True, slots=True)
class _Storage:
    kind: _Kind
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view of a storage that has not been read yet."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self, data: memoryview) -> NDArray[Any]:
        """Return the tensor out of its storage's bytes, without a copy."""
        flat = np.frombuffer(data, self.storage.kind.dtype)
        size, last = 1, self.offset
        for length, stride in zip(self.shape, self.strides, strict=True):
            size *= length
            last += (length - 1) * stride
        negative = min(self.offset, *self.shape, *self.strides, 0) < 0
        if negative or not 0 < size <= len(flat) or last >= len(flat):
            raise ValueError(f"a tensor of shape {self.shape} outside of its storage")
        steps = [stride * flat.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(
            flat[self.offset :], self.shape, steps, writeable=False
        )


def _tensor(storage: Any, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    numbers = (offset, *shape, *strides)
    if not isinstance(storage, _Storage) or not all(type(n) is int for n in numbers):
        raise ValueError("a tensor that is not told by numbers")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Array:
    """A numpy array, which a pickle makes empty first."""

    def __init__(self, *_: Any) -> None:
        self.array = np.zeros(0)

    def build(self, state: Any) -> None:
        _, shape, dtype, by_columns, data = state
        flat = np.frombuffer(data, dtype.name)
        self.array = flat.reshape(shape, order="F" if by_columns else "C")


class _Dtype:
    """The type of a numpy array; its byte order comes later."""

    def __init__(self, name: Any, *_: Any) -> None:
        if name not in ("f4", "f8"):
            raise ValueError(f"an array of the type {name!r}, expected 'f4' or 'f8'")
        self.name = f"<{name}"

    def build(self, state: Any) -> None:
        if state[1] not in ("<", "="):
            raise ValueError("its numbers are big-endian, which is not read here")


def _encoded(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"bytes written as {encoding!r}, expected 'latin1'")
    return text.encode("latin1")


_ARRAY = object()
_MAKERS = {
    "collections.OrderedDict": dict,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    "torch.FloatStorage": _Kind("<f4"),
    "torch.DoubleStorage": _Kind("<f8"),
    "torch.HalfStorage": _Kind("<f2"),
    "torch.LongStorage": _Kind("<i8"),
    "numpy.core.multiarray._reconstruct": _Array,
    "numpy._core.multiarray._reconstruct": _Array,
    "numpy.ndarray": _ARRAY,
    "numpy.dtype": _Dtype,
    "_codecs.encode": _encoded,
}


def is_saved(path: Path) -> bool:
    """Return whether a file is one of the two formats."""
    head = begins(path, len(_LEGACY))
    if head == _LEGACY:
        return True
    try:
        with zipfile.ZipFile(path) as file:
            return head[:2] == b"PK" and _pickle_of(file) is not None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def read(path: Path) -> Arrays:
    """Return the tensors and arrays of a saved dictionary; whatever else it holds is left out.

    Raises
    ------
    IntegrityError
        If the file is damaged, is no dictionary, or wants to call anything but makers of tensors.
    """
    with reading(path, _WHAT):
        data = mapped(path)
        legacy = data[: len(_LEGACY)] == _LEGACY
        saved, storages = _legacy(data) if legacy else _zipped(path, data)
        if not isinstance(saved, dict):
            raise ValueError(f"it holds a {type(saved).__name__}, not a dictionary")  # noqa: TRY004
        found = {}
        for name, value in saved.items():
            if isinstance(value, _Tensor):
                found[name] = value.array(storages[value.storage.key])
            elif isinstance(value, _Array):
                found[name] = value.array
        return found


def _storage(told: Any) -> _Storage:
    """Return what a pickle refers to: ``("storage", kind, key, device, count, ...)``."""
    word, kind, key, _, count = told[:5]
    if word != "storage" or not isinstance(kind, _Kind) or not isinstance(key, str):
        raise ValueError(f"it refers to {str(word)[:20]!r}, expected a storage")
    if len(told) > 5 and told[5] is not None:
        raise ValueError("a storage that is part of another, which is not read here")
    return _Storage(kind, key, count)


def _legacy(data: memoryview) -> tuple[Any, dict[str, memoryview]]:
    known: dict[str, _Storage] = {}

    def remember(told: Any) -> _Storage:
        storage = _storage(told)
        return known.setdefault(storage.key, storage)

    file = io.BytesIO(data[:_LONGEST])
    magic, protocol, system, saved, keys = (
        unpickled(file, _MAKERS, persistent=remember) for _ in range(5)
    )
    at = file.tell()
    if magic != _MAGIC or protocol != 1001 or not system.get("little_endian", True):
        raise ValueError("its head is not that of a file that can be read here")
    storages = {}
    for key in keys:
        storage = known[key]
        count = int.from_bytes(data[at : at + 8], "little")
        end = at + 8 + count * np.dtype(storage.kind.dtype).itemsize
        if count != storage.count or end > len(data):
            raise ValueError(f"storage {key[:20]!r} is cut short")
        storages[key], at = data[at + 8 : end], end
    return saved, storages


def _zipped(path: Path, data: memoryview) -> tuple[Any, dict[str, memoryview]]:
    with zipfile.ZipFile(path) as file:
        name = _pickle_of(file)
        if name is None or file.getinfo(name).file_size > _LONGEST:
            raise ValueError("a zip without a pickle of a state dict")
        folder = name.removesuffix("data.pkl")
        order = f"{folder}byteorder"
        if order in file.namelist() and file.open(order).read(9).strip() != b"little":
            raise ValueError("its numbers are big-endian, which is not read here")
        pickle = io.BytesIO(file.read(name))
        saved = unpickled(pickle, _MAKERS, persistent=_storage)
        members = {m.filename: m for m in file.infolist()}
    kept = {n: info for n, info in members.items() if n.startswith(f"{folder}data/")}
    if sum(info.file_size for info in kept.values()) > len(data):
        raise ValueError("its storages overlap")
    storages = {n.removeprefix(f"{folder}data/"): _member(data, i) for n, i in kept.items()}
    return saved, storages


def _pickle_of(file: zipfile.ZipFile) -> str | None:
    names = [n for n in file.namelist() if n.count("/") == 1 and n.endswith("/data.pkl")]
    return names[0] if len(names) == 1 else None


def _member(data: memoryview, info: zipfile.ZipInfo) -> memoryview:
    """Return a file in a zip where it lies: torch compresses none."""
    head = data[info.header_offset : info.header_offset + _HEADER]
    if info.compress_type != zipfile.ZIP_STORED or len(head) != _HEADER:
        raise ValueError(f"{info.filename!r} is compressed or cut short")
    lengths = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    first = info.header_offset + _HEADER + lengths
    content = data[first : first + info.file_size]
    if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
        raise ValueError(f"the checksum of {info.filename!r} is wrong")
    return content
