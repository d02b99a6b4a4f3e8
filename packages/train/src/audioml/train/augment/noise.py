"""Noise of any colour under the sound."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from audioml.core.errors import UsageError

from .augmentor import BatchAugmentor
from .draws import Draws
from .fourier import fast_length, per_example, rms
from .labels import Labels

__all__ = ["COLOURS", "Noise", "coloured"]

COLOURS = {"violet": -2.0, "blue": -1.0, "white": 0.0, "pink": 1.0, "brown": 2.0}
"""The exponent with which power falls over frequency."""


class Noise(BatchAugmentor):
    """Adds noise, so much softer than the sound as the ratio says; silence stays silent.

    Parameters
    ----------
    ratio
        The least and the largest ratio of signal to noise, in decibels.
    colours
        Names, see `COLOURS`; or two exponents between which any colour may come.
    """

    def __init__(
        self,
        *,
        ratio: tuple[float, float] = (10.0, 50.0),
        colours: Sequence[str] | tuple[float, float] = (0.0, 2.0),
        p: float = 0.5,
        seed: int = 0,
    ) -> None:
        super().__init__(p=p, seed=seed)
        self.ratio = (float(ratio[0]), float(ratio[1]))
        self._names = [c for c in colours if isinstance(c, str)]
        unknown = [c for c in self._names if c not in COLOURS]
        if unknown:
            known = ", ".join(COLOURS)
            raise UsageError(f"no noise has the colour {unknown[0]!r}; choose of {known}")
        if len(colours) != len(self._names) and (self._names or len(colours) != 2):
            raise UsageError(f"'colours' must be names or two exponents, got {colours!r}")
        self.colours = tuple(colours)

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples with noise under them."""
        ratio = draws.uniform(*self.ratio, len(audio))
        noise = coloured(audio.shape, self._exponents(len(audio), draws), draws)
        gain = rms(audio) * per_example(torch.pow(10.0, ratio / -20.0), audio)
        return audio + noise * gain, labels

    def _exponents(self, count: int, draws: Draws) -> Tensor:
        if not self._names:
            low, high = (float(str(c)) for c in self.colours)
            return draws.uniform(low, high, count)
        known = torch.tensor([COLOURS[name] for name in self._names], device=draws.device)
        return known[draws.whole(0, len(known) - 1, count)]


def coloured(shape: Sequence[int], exponents: Tensor, draws: Draws) -> Tensor:
    """Return noise of root mean square 1 whose power falls with frequency to an exponent.

    Parameters
    ----------
    shape
        (batch, ..., samples).
    exponents
        float32 (batch,): 0 is white, 1 pink, 2 brown.
    """
    length = fast_length(shape[-1])
    spectrum = torch.fft.rfft(draws.noise(*shape[:-1], length))
    bins = torch.arange(spectrum.shape[-1], device=spectrum.device).clamp(min=1)
    gains = (bins / bins[-1]).pow(-0.5 * exponents[:, None])
    gains[:, 0] = 0.0  # no constant
    spectrum = spectrum * gains.view(len(gains), *[1] * (len(shape) - 2), -1)
    noise: Tensor = torch.fft.irfft(spectrum, length)[..., : shape[-1]]
    return noise / rms(noise).clamp(min=1e-12)
