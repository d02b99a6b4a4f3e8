"""Writing a corpus: all of it, or nothing that could be taken for one."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import OutputError, UsageError, ValidationError
from ..files import replacing_folder, shown
from .arrow import OWN, ManifestWriter
from .encoding import ENCODINGS, check_encoding, encode
from .shards import ShardWriter

__all__ = ["MANIFEST", "SCHEMA", "CorpusWriter"]

MANIFEST = "manifest.parquet"
SCHEMA = 1


class CorpusWriter:
    """Writes a corpus: ``with CorpusWriter(path, rate=16000) as corpus: corpus.append(...)``.

    The folder is made beside its place, under a name that ends in ``.part``, and takes its place
    when the block ends. After an exception nothing is left; after a kill, the ``.part`` folder,
    which has no manifest.

    Parameters
    ----------
    path
        The corpus to be; there must be nothing yet.
    rate
        Hz, of all rows.
    encoding
        One of `ENCODINGS`.
    shard_bytes
        Size of a shard at most; a single row that is longer has a shard to itself.

    Raises
    ------
    ValidationError
        If the rate or the encoding makes no sense.
    OutputError
        If there is something at ``path`` already.
    MissingDependencyError
        If pyarrow is not installed.
    """

    def __init__(
        self,
        path: Path,
        *,
        rate: int,
        encoding: str = "int16",
        shard_bytes: int = 256 * 2**20,
    ) -> None:
        check_encoding(encoding)
        if rate < 1 or shard_bytes < 1:
            raise ValidationError(
                f"'rate' and 'shard_bytes' must be above 0, got {rate} and {shard_bytes}"
            )
        self._path, self._rate, self._encoding = Path(path), rate, encoding
        self._shard_bytes = shard_bytes
        self._ids: set[str] = set()
        self._open = contextlib.ExitStack()
        self._shards: ShardWriter | None = None

    def __enter__(self) -> Self:
        if self._path.exists():
            raise OutputError(
                f"{shown(self._path)} exists already; remove it or choose another name"
            )
        about = {"schema": SCHEMA, "rate": self._rate, "encoding": self._encoding}
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(replacing_folder(self._path))
            # named as the manifest only when all else is there
            self._unfinished = folder / f"{MANIFEST}.part"
            self._manifest = ManifestWriter(self._unfinished, about)
            self._shards = ShardWriter(folder, ENCODINGS[self._encoding], size=self._shard_bytes)
            self._open = stack.pop_all()
        return self

    def append(self, name: str, samples: NDArray[Any], /, **columns: Any) -> None:
        """Add a row.

        Parameters
        ----------
        name
            The row's id, which no other row has.
        samples
            Shape (n,) or (1, n): floating point, nominally in [-1, 1]; or already encoded.
        columns
            What else is known, such as ``path``, ``sha256``, ``licence``, ``artist``, ``split``:
            text, numbers, lists of them or None, the same names for every row.

        Raises
        ------
        ValidationError
            If the name is taken, the samples cannot be kept or the columns are not as above.
        UsageError
            If the corpus is not open.
        """
        if self._shards is None:
            raise UsageError("a corpus is written within its 'with' block; open it first")
        if name in self._ids:
            raise ValidationError(f"the corpus has a row {name!r} already")
        if taken := sorted(set(columns) & set(OWN)):
            raise ValidationError(f"columns {', '.join(taken)} are the corpus's own; rename them")
        kept = self._kept(name, np.asarray(samples))
        self._manifest.check(name, columns)
        shard, start = self._shards.append(kept)
        own = (name, shard, start, len(kept), self._rate, self._encoding)
        digest = hashlib.sha256(kept.data).hexdigest()
        self._manifest.append({**dict(zip(OWN, (*own, digest), strict=True)), **columns})
        self._ids.add(name)

    def _kept(self, name: str, samples: NDArray[Any]) -> NDArray[Any]:
        if samples.ndim == 2 and len(samples) == 1:
            samples = samples[0]
        if samples.ndim != 1:
            raise ValidationError(f"samples of {name!r} must have shape (n,), got {samples.shape}")
        if samples.dtype.kind == "f":
            if not np.isfinite(samples).all():
                raise ValidationError(f"samples of {name!r} are not all finite")
            samples = encode(samples, self._encoding)
        dtype = ENCODINGS[self._encoding]
        if samples.dtype != dtype:
            raise ValidationError(
                f"samples of {name!r} must be floating point or {dtype}, got {samples.dtype}"
            )
        return np.ascontiguousarray(samples, dtype)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shards, self._shards = self._shards, None
        assert shards is not None
        if error is not None:
            with contextlib.suppress(OSError):
                shards.close()
                self._manifest.close(finish=False)
            self._open.__exit__(kind, error, trace)
            return
        with self._open:
            shards.close()
            self._manifest.close(finish=True)
            self._unfinished.rename(self._unfinished.with_name(MANIFEST))
