"""The numbers of a network: named float32 arrays, kept in one file that runs no code."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError, ValidationError
from audioml.core.files import shown, write_bytes

from .architecture import LEVELS, Architecture

__all__ = ["FILE", "Weights", "head_names", "random", "shapes"]

FILE = "weights.npz"
"""What the file is called in a model folder."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """An architecture and its arrays, see `shapes`.

    Raises
    ------
    ValidationError
        If an array is missing, too many, of another shape or type, or holds what is not a number.
    """

    architecture: Architecture
    arrays: Mapping[str, NDArray[np.float32]]

    def __post_init__(self) -> None:
        wanted = shapes(self.architecture)
        if odd := sorted(set(wanted) ^ set(self.arrays)):
            problem = "is missing" if odd[0] in wanted else "is not of this architecture"
            raise ValidationError(f"array {odd[0]!r} {problem}")
        for name, shape in wanted.items():
            array = self.arrays[name]
            if array.shape != shape or array.dtype != np.float32:
                raise ValidationError(
                    f"array {name!r} must be float32 of shape {shape}, got {array.dtype} of "
                    f"shape {array.shape}"
                )
            if not np.isfinite(array).all():
                raise ValidationError(f"array {name!r} holds numbers that are not finite")

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        return self.arrays[name]

    @classmethod
    def read(cls, path: Path, architecture: Architecture) -> Weights:
        """Return the weights in a file.

        Raises
        ------
        IntegrityError
            If it is damaged, or holds those of another architecture.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(architecture, {name: file[name] for name in file.files})
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise IntegrityError(f"{shown(path)} does not hold the weights: {error}") from error

    def write(self, path: Path) -> None:
        """Write the weights into a file, the same bytes for the same weights."""
        buffer = io.BytesIO()
        ordered: dict[str, Any] = {name: self.arrays[name] for name in shapes(self.architecture)}
        np.savez(buffer, **ordered)
        write_bytes(path, buffer.getvalue())


def shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the arrays, inputs before outputs.

    ``embedding`` has a row for each amplitude. ``past`` and ``now`` are the two taps of the
    dilated convolutions, with filter and gate beside each other; ``bias`` is theirs, and
    ``condition`` what a genre adds to it. ``out`` is the 1x1 convolution into residual channels,
    then skip channels. Of ``head.0`` and so on, the last one makes the logits.
    """
    a = architecture
    gates, out = (2, a.gate), a.residual + a.skip
    found: dict[str, tuple[int, ...]] = {
        "embedding": (a.inputs, a.residual),
        "past": (a.layers, a.residual, *gates),
        "now": (a.layers, a.residual, *gates),
        "bias": (a.layers, *gates),
        "out": (a.layers, a.gate, out),
        "out.bias": (a.layers, out),
    }
    if a.conditions:
        found["condition"] = (a.layers, a.conditions, *gates)
    widths = (a.skip, *a.head, LEVELS)
    for name, k, o in zip(head_names(a), widths[:-1], widths[1:], strict=True):
        found[name], found[f"{name}.bias"] = (k, o), (o,)
    return found


def head_names(architecture: Architecture) -> tuple[str, ...]:
    """Return the names of the head's matrices, in order."""
    return tuple(f"head.{i}" for i in range(len(architecture.head) + 1))


def random(architecture: Architecture, *, seed: int = 0) -> Weights:
    """Return weights drawn so that every layer passes on about the variance it gets.

    For tests and measurements: what they make is noise.
    """
    draw = np.random.default_rng(seed)
    fans = {"embedding": 1, "past": 2 * architecture.residual, "now": 2 * architecture.residual}
    fans |= {"out": 2 * architecture.gate}
    arrays = {}
    for name, shape in shapes(architecture).items():
        fan = fans.get(name, shape[0] if name in head_names(architecture) else 100)
        arrays[name] = (draw.uniform(-1, 1, shape) * np.sqrt(3 / fan)).astype(np.float32)
    return Weights(architecture, arrays)
