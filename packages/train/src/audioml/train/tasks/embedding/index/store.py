"""An index on disk: a unit vector for each recording, and which model made them.

A folder: ``index.json`` says what it is, ``items.json`` names the recordings, ``vectors.npy`` holds
float32 of shape (items, size), which are mapped, and ``files.npy`` int64 of shape (items, 2): bytes
and time of change in nanoseconds of each file, by which one that has changed is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError, NotFoundError, ValidationError
from audioml.core.files import replacing_folder, shown
from audioml.core.stages import ModelSpec

from .names import Names

__all__ = ["Identity", "Index", "is_index", "unit"]

_SCHEMA = 1
_ABOUT = "index.json"
_BLOCK = 1 << 16  # vectors compared at a time: 32 MB of 128 numbers


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model made the vectors: its name and version, and the hashes of its files."""

    name: str
    version: str
    weights: str
    manifest: str

    @classmethod
    def of(cls, spec: ModelSpec) -> Self:
        """Return the identity of a model."""
        return cls(spec.name, spec.version, spec.weights, spec.manifest)

    def __str__(self) -> str:
        digest = (self.manifest or self.weights)[:12]
        return f"{self.name} {self.version}" + (f" ({digest})" if digest else "")


@dataclass(frozen=True, eq=False)
class Index:
    """Recordings as unit vectors.

    Parameters
    ----------
    items
        Their names: paths below ``root``, with ``/``.
    vectors
        float32, shape (items, size), each of length 1.
    files
        int64, shape (items, 2): bytes, and time of change in nanoseconds.
    model
        What made the vectors.
    reference
        By what it was called.
    root
        The folder of the recordings.
    """

    items: list[str]
    vectors: NDArray[np.float32]
    files: NDArray[np.int64]
    model: Identity
    reference: str
    root: str

    @classmethod
    def read(cls, folder: Path) -> Index:
        """Return the index in a folder.

        Raises
        ------
        NotFoundError
            If there is none.
        IntegrityError
            If it is damaged, or of a schema that this version does not know.
        """
        about = _about(folder)
        try:
            items = json.loads((folder / "items.json").read_bytes())
            vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
            files = np.load(folder / "files.npy", allow_pickle=False)
            model = Identity(**about["model"])
            reference, root = str(about["reference"]), str(about["root"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IntegrityError(_damaged(folder, str(error))) from error
        if vectors.ndim != 2 or not len(items) == len(vectors) == len(files) or not len(items):
            shapes = f"{len(items)} items, vectors of shape {vectors.shape}"
            raise IntegrityError(_damaged(folder, shapes))
        return cls(items, vectors, files, model, reference, root)

    def write(self, folder: Path) -> None:
        """Write it, in the place of an index that is there."""
        about = {
            "schema": _SCHEMA,
            "model": asdict(self.model),
            "reference": self.reference,
            "root": self.root,
            "items": len(self.items),
            "size": self.vectors.shape[1],
        }
        with replacing_folder(folder, again=True) as temporary:
            np.save(temporary / "vectors.npy", self.vectors)
            np.save(temporary / "files.npy", self.files)
            (temporary / "items.json").write_text(json.dumps(self.items), "utf-8")
            (temporary / _ABOUT).write_text(json.dumps(about, indent=1) + "\n", "utf-8")

    @cached_property
    def names(self) -> Names:
        """Return what finds items by what they are called."""
        return Names(self.items)

    def nearest(
        self, vector: NDArray[Any], *, count: int, without: tuple[int, ...] = ()
    ) -> list[tuple[int, float]]:
        """Return the places and cosines of the nearest items, the nearest first.

        All are compared, none is guessed.

        Parameters
        ----------
        vector
            Of any length above 0, shape (size,).
        count
            How many, at most.
        without
            Places that are left out.
        """
        asked = unit(vector)
        cosines = np.empty(len(self.items), np.float32)
        for first in range(0, len(cosines), _BLOCK):
            part = slice(first, first + _BLOCK)
            np.matmul(self.vectors[part], asked, out=cosines[part])
        cosines[list(without)] = -np.inf
        count = min(count, len(cosines) - len(set(without)))
        if count < 1:
            return []
        best = np.argpartition(-cosines, count - 1)[:count]
        best = best[np.lexsort((best, -cosines[best]))]
        return [(int(at), float(cosines[at])) for at in best]


def unit(vector: NDArray[Any]) -> NDArray[np.float32]:
    """Return a vector of length 1.

    Raises
    ------
    ValidationError
        If it has a number that is not finite, or nothing but zeros.
    """
    found = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(found))
    if not np.isfinite(length) or length <= 0:
        what = "zeros only" if length == 0 else "numbers that are not finite"
        raise ValidationError(f"the vector holds {what}, so that nothing is near it")
    return (found / length).astype(np.float32)


def is_index(folder: Path) -> bool:
    """Return whether there is an index in a folder, be it a damaged one."""
    return (folder / _ABOUT).is_file()


def _about(folder: Path) -> Mapping[str, Any]:
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
    except OSError as error:
        raise NotFoundError(
            f"there is no index in {shown(folder)}; "
            f"make one with: audioml train index MODEL FOLDER -o {shown(folder)}"
        ) from error
    except ValueError as error:
        raise IntegrityError(_damaged(folder, f"{_ABOUT} is not JSON")) from error
    if not isinstance(about, dict) or about.get("schema") != _SCHEMA:
        raise IntegrityError(
            f"{shown(folder)} is an index of a schema that this version of audioml does not know; "
            "make it anew with: audioml train index"
        )
    return about


def _damaged(folder: Path, reason: str) -> str:
    return (
        f"the index in {shown(folder)} is damaged ({reason}); remove it and make it anew with: "
        "audioml train index"
    )
