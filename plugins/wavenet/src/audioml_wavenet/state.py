"""Where a song stopped, in bytes: going on from there gives what would have come anyway."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError, UsageError

__all__ = ["State"]

_MAGIC = b"audioml-wavenet state 1\n"


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A song between two samples.

    Parameters
    ----------
    weights
        SHA-256 of the weights that made it.
    seed, made
        Whose uniform numbers it uses, and how many it has used: as many as it has samples.
    genre
        Its genre, or None.
    last
        Its last amplitude, a level of mu-law.
    memory
        float32, see `audioml_wavenet.engine.Songs.memory`.
    """

    weights: str
    seed: int
    made: int
    genre: str | None
    last: int
    memory: NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """Return the state as it is kept."""
        memory = self.memory.astype("<f4").tobytes()
        about = {
            "weights": self.weights,
            "seed": self.seed,
            "made": self.made,
            "genre": self.genre,
            "last": self.last,
            "shape": self.memory.shape,
            "sha256": hashlib.sha256(memory).hexdigest(),
        }
        return _MAGIC + json.dumps(about).encode() + b"\n" + memory

    @classmethod
    def from_bytes(cls, data: bytes, *, weights: str, shape: tuple[int, int]) -> State:
        """Return a state that was kept, for the model with these weights and this memory.

        Raises
        ------
        UsageError
            If it is not a state, or that of another model.
        IntegrityError
            If it is damaged.
        """
        if not data.startswith(_MAGIC):
            raise UsageError("the state is not one that a WaveNet of this version left")
        line, _, memory = data[len(_MAGIC) :].partition(b"\n")
        try:
            about: dict[str, Any] = json.loads(line)
            made_by, digest, size = about["weights"], about["sha256"], tuple(about["shape"])
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(f"the state is damaged: {error!r}") from error
        if made_by != weights or size != shape:
            raise UsageError(
                f"the state is that of another model, with weights {made_by[:12]}, and not of "
                f"this one, with weights {weights[:12]}"
            )
        if hashlib.sha256(memory).hexdigest() != digest:
            raise IntegrityError("the state is damaged: its end is missing, or was changed")
        known = {name: about[name] for name in ("seed", "made", "genre", "last")}
        return cls(weights=weights, memory=np.frombuffer(memory, "<f4").reshape(shape), **known)
