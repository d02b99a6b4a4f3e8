"""Where a song stopped, in bytes: going on from there gives what would have come anyway."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError, UsageError

from .architecture import Architecture

__all__ = ["State"]

_MAGIC = b"audioml-wavenet state 1\n"
_FIELDS = {"weights": str, "seed": int, "made": int, "last": int}


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A song between two samples.

    Parameters
    ----------
    weights
        SHA-256 of the weights that made it.
    seed, made
        Whose uniform numbers it uses, and how many it has used: as many as it has samples.
    last
        Its last amplitude, a row of the embedding.
    memory
        float32, see `audioml_wavenet.engine.Songs.memory`.
    genre, compat
        The options that it began with, or None.
    """

    weights: str
    seed: int
    made: int
    last: int
    memory: NDArray[np.float32]
    genre: str | None = None
    compat: str | None = None

    def to_bytes(self) -> bytes:
        """Return the state as it is kept."""
        known = {name: getattr(self, name) for name in (*_FIELDS, "genre", "compat")}
        kept = json.dumps(known).encode() + b"\n" + self.memory.astype("<f4").tobytes()
        return _MAGIC + hashlib.sha256(kept).hexdigest().encode() + b"\n" + kept

    @classmethod
    def from_bytes(cls, data: bytes, *, weights: str, architecture: Architecture) -> State:
        """Return a state that was kept, for the model with these weights.

        Raises
        ------
        UsageError
            If it is not a state, or that of another model.
        IntegrityError
            If it is damaged.
        """
        if not isinstance(data, bytes) or not data.startswith(_MAGIC):
            raise UsageError("the state is not one that a WaveNet of this version left, in bytes")
        digest, _, kept = data[len(_MAGIC) :].partition(b"\n")
        if hashlib.sha256(kept).hexdigest().encode() != digest:
            raise IntegrityError("the state is damaged: a part is missing, or was changed")
        line, _, memory = kept.partition(b"\n")
        known = json.loads(line)
        if known["weights"] != weights:
            raise UsageError(
                f"the state is that of another model, with weights {known['weights'][:12]}, and "
                f"not of this one, with weights {weights[:12]}"
            )
        shape = (sum(architecture.dilations), architecture.residual)
        fits = all(type(known[name]) is kind for name, kind in _FIELDS.items())
        fits = fits and known["last"] in range(architecture.inputs)
        if not fits or len(memory) != 4 * shape[0] * shape[1]:
            raise IntegrityError("the state is damaged: it does not fit the model")
        return cls(memory=np.frombuffer(memory, "<f4").reshape(shape), **known)
