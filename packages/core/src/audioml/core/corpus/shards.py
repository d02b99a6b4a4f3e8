"""Shards: plain ``.npy`` files that hold the samples of many rows, one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import IntegrityError
from ..files import shown

__all__ = ["ShardWriter", "Shards"]

_HEADER = 128


def _name(shard: int) -> str:
    return f"shard-{shard:05d}.npy"


def _header(dtype: np.dtype[Any], count: int) -> bytes:
    """Return the header of a one-dimensional ``.npy`` file, always 128 bytes (format 1.0)."""
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': ({count},), }}"
    return b"\x93NUMPY\x01\x00" + (_HEADER - 10).to_bytes(2, "little") + f"{text:<117}\n".encode()


class ShardWriter:
    """Appends rows to shards of at most ``size`` bytes; a longer row has a shard to itself."""

    def __init__(self, folder: Path, dtype: np.dtype[Any], *, size: int) -> None:
        self._folder, self._dtype = folder, dtype
        self._limit = max(1, (size - _HEADER) // dtype.itemsize)
        self._shard, self._count = -1, 0
        self._file: BinaryIO | None = None

    def append(self, samples: NDArray[Any]) -> tuple[int, int]:
        """Write samples; return their shard and where in it they start."""
        if self._file is None or (self._count and self._count + len(samples) > self._limit):
            self.close()
            self._shard, self._count = self._shard + 1, 0
            self._file = (self._folder / _name(self._shard)).open("wb")
            self._file.write(_header(self._dtype, 0))
        start = self._count
        self._file.write(samples.data)
        self._count += len(samples)
        return self._shard, start

    def close(self) -> None:
        """Finish the shard: only now does its header tell its length."""
        file, self._file = self._file, None
        if file is not None:
            with file:
                file.seek(0)
                file.write(_header(self._dtype, self._count))


class Shards:
    """The shards of a corpus, mapped when they are first read."""

    def __init__(self, folder: Path, dtype: np.dtype[Any], lengths: dict[int, int]) -> None:
        self._folder, self._dtype, self._lengths = folder, dtype, lengths
        self._maps: dict[int, NDArray[Any]] = {}

    def check(self) -> None:
        """Compare the size of each shard with what the manifest says.

        Raises
        ------
        IntegrityError
            If a shard is missing or has another size.
        """
        for shard, count in self._lengths.items():
            path = self._folder / _name(shard)
            expected = _HEADER + count * self._dtype.itemsize
            found = path.stat().st_size if path.is_file() else 0
            if found != expected:
                raise IntegrityError(
                    f"{shown(path)} must have {expected} bytes, found {found}; "
                    "copy or prepare the corpus again"
                )

    def __getitem__(self, shard: int) -> NDArray[Any]:
        """Return all samples of a shard as a read-only map of the file."""
        if shard not in self._maps:
            # an ndarray: slicing a memmap costs ten times as much
            mapped = np.load(self._folder / _name(shard), mmap_mode="r", allow_pickle=False)
            self._maps[shard] = np.asarray(mapped)
        return self._maps[shard]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}  # a map would be pickled with all that it shows
