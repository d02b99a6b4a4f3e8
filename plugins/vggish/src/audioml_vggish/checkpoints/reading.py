"""Files as memory that is only looked at, and one sentence for whatever is wrong with them."""

from __future__ import annotations

import contextlib
import mmap
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import AudiomlError, IntegrityError, NotFoundError
from audioml.core.files import shown

__all__ = ["Arrays", "begins", "mapped", "reading", "vector"]

Arrays = Mapping[str, NDArray[Any]]
"""Tensors by name: views of the file, read when they are used."""

_WRONG = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,  # of zipfile: encrypted; of json: nested too deeply
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@contextlib.contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn what a damaged file leads to into one sentence.

    Raises
    ------
    IntegrityError
        If what the block reads is damaged, cut short, or not ``what``.
    NotFoundError
        If the file is not there.
    """
    try:
        yield
    except AudiomlError:
        raise
    except _WRONG as error:
        raise IntegrityError(f"{shown(path)} is not a whole {what}: {error}") from error
    except OSError as error:
        raise NotFoundError(f"{shown(path)} cannot be read: {error.strerror or error}") from error


def mapped(path: Path) -> memoryview:
    """Return a file's bytes without reading them yet; arrays made of it keep it open."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def begins(path: Path, size: int) -> bytes:
    """Return the first bytes of a file; nothing where there is no such file."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def vector(data: memoryview, dtype: str, *, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return bytes as an array, if they are as many as the shape says."""
    found = np.frombuffer(data, dtype)
    wanted = 1
    for length in shape:
        wanted *= length if type(length) is int and length >= 0 else -1
    if len(found) != wanted:
        raise ValueError(f"{len(found)} numbers where the shape {shape} wants {wanted}")
    return found.reshape(shape)
