"""What a WaveNet is made of (van den Oord et al. 2016, arXiv:1609.03499, sec. 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from audioml.core.errors import ManifestError

__all__ = ["LEVELS", "PRESETS", "SILENCE", "Architecture"]

LEVELS = 256
"""Amplitudes that there are: those of 8-bit mu-law, see `audioml.core.corpus.encode`."""

SILENCE = 128
"""The level that an amplitude of 0 is encoded as."""

_MOST = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Sizes of a network that predicts the next of 256 amplitudes from those before.

    Each layer convolves its ``residual`` channels at two points in time, now and ``dilation``
    steps ago, into ``gate`` units of tanh(filter) * sigmoid(gate), and these by a 1x1 convolution
    into its output and its part of the ``skip`` channels, which are summed over the layers. A head
    of 1x1 convolutions, rectified in between, makes the logits.

    Parameters
    ----------
    dilations
        Of each layer, from the input on, in steps.
    residual, gate, skip
        Numbers of channels.
    head
        Channels between the skip channels and the logits.
    inputs
        Amplitudes that are told from each other at the input: 256, or more where the last 256 of
        them are what is drawn counted from another place, see `cs205`.
    conditions
        Genres (or whatever else is told to every layer) that there are; 0 for none.
    adds
        Whether a layer's input is added to its output, as the paper has it.
    rectifies
        Whether the skip channels are rectified before the head, as the paper has it.

    Raises
    ------
    ManifestError
        If a size is not a whole number in range.
    """

    dilations: tuple[int, ...]
    residual: int
    gate: int
    skip: int
    head: tuple[int, ...]
    inputs: int = LEVELS
    conditions: int = 0
    adds: bool = True
    rectifies: bool = True

    def __post_init__(self) -> None:
        for name in ("dilations", "head"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
            for size in getattr(self, name):
                _check(name, size)
        if not self.dilations:
            raise ManifestError("'dilations' must name those of one layer at least, got none")
        for name in ("residual", "gate", "skip"):
            _check(name, getattr(self, name))
        _check("inputs", self.inputs, least=LEVELS)
        _check("conditions", self.conditions, least=0)

    @property
    def receptive_field(self) -> int:
        """Return how many samples a prediction depends on."""
        return 1 + sum(self.dilations)

    @property
    def layers(self) -> int:
        """Return the number of layers."""
        return len(self.dilations)

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Architecture:
        """Return the architecture that a manifest's parameters tell of.

        Raises
        ------
        ManifestError
            If one is unknown, missing or out of range.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(params) - known):
            raise ManifestError(f"architecture has no {unknown[0]!r} (it has: {', '.join(known)})")
        try:
            return cls(**params)
        except TypeError as error:
            raise ManifestError(f"the architecture is incomplete: {error}") from error


def _check(name: str, size: object, *, least: int = 1) -> None:
    if type(size) is not int or not least <= size <= _MOST:
        raise ManifestError(f"{name!r} must be whole numbers from {least} to {_MOST}, got {size!r}")


def _doubling(count: int) -> tuple[int, ...]:
    return tuple(1 << i for i in range(count))


PRESETS = {
    "small10": Architecture(dilations=_doubling(10), residual=32, gate=32, skip=32, head=(64,)),
    "seed": Architecture(dilations=_doubling(10), residual=64, gate=64, skip=64, head=(64, 128)),
    "std30": Architecture(dilations=_doubling(10) * 3, residual=64, gate=64, skip=64, head=(256,)),
}
"""Architectures by name: ``seed`` has the sizes of CS205-Waveforms, [64, 64, 64, 128]."""
