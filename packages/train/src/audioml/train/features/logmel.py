"""The extractor ``logmel`` as a layer, so that what is trained on is what is run on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from audioml.core.errors import UsageError, ValidationError
from audioml.core.features import LogMel as Extractor
from audioml.core.features import hann, mel_filters
from audioml.core.models.manifest import Part

__all__ = ["LogMel", "settings"]


class LogMel(nn.Module):
    """The numbers of `audioml.core.features.LogMel` for batches of windows.

    It learns nothing, and its buffers are no part of ``state_dict``: they follow from the
    parameters. The transform is in double precision, as the extractor's is, where the device has
    it; a whole number of bands 100 dB below a tone would differ otherwise.

    Parameters
    ----------
    parameters
        Those of the extractor, see there; each batch is taken as windows, however long it is.

    Raises
    ------
    ValidationError
        If a parameter is not as the extractor wants it, or the layout is not ``mt``.
    """

    window: Tensor
    filters: Tensor

    def __init__(self, **parameters: Any) -> None:
        super().__init__()
        try:
            made = Extractor(**parameters)
        except TypeError as error:
            raise ValidationError(f"the features of extractor 'logmel': {error}") from error
        if made.layout != "mt":
            raise ValidationError(f"'layout' must be 'mt' to be trained on, got {made.layout!r}")
        self.parameters_given, self.made = dict(parameters), made
        filters = mel_filters(
            made.rate,
            n_fft=made.n_fft,
            n_mels=made.n_mels,
            fmin=made.fmin,
            fmax=made.fmax,
            htk=made.htk,
            norm=made.norm,
        )
        window = hann(made.n_fft, win_length=made.win_length)
        self.register_buffer("window", torch.from_numpy(window), persistent=False)
        self.register_buffer("filters", torch.from_numpy(filters), persistent=False)

    def part(self) -> Part:
        """Return the extractor of a manifest that computes these features."""
        return Part("logmel", dict(self.parameters_given))

    def frames(self, samples: int) -> int:
        """Return how many frames a window of so many samples has."""
        margin = 2 * (self.made.n_fft // 2) if self.made.center else 0
        return max(0, (samples + margin - self.made.n_fft) // self.made.hop_length + 1)

    @property
    def samples(self) -> int:
        """Return the length of a window in samples.

        Raises
        ------
        ValidationError
            If the whole signal is one window.
        """
        if self.made.window is None:
            raise ValidationError("these features have no 'window': the whole signal is one row")
        return round(self.made.window * self.made.rate)

    @property
    def shape(self) -> tuple[int, int]:
        """Return the shape of a window's features: (n_mels, frames)."""
        return self.made.n_mels, self.frames(self.samples)

    def forward(self, samples: Tensor) -> Tensor:
        """Return the spectrograms, float32, shape (batch, n_mels, frames).

        Parameters
        ----------
        samples
            float32, shape (batch, n), [-1, 1]

        Raises
        ------
        UsageError
            If the batch is of another shape, or so short that it holds no frame.
        """
        if samples.ndim != 2 or not self.frames(samples.shape[-1]):
            raise UsageError(
                "log-mel spectrograms are made of samples of shape (batch, n), n at least one "
                f"frame, got {tuple(samples.shape)}"
            )
        with torch.autocast(samples.device.type, enabled=False):
            mels = self.filters @ self._spectra(samples.float())
            return self._ranged(self._scaled(mels))

    def _spectra(self, samples: Tensor) -> Tensor:
        made, double = self.made, samples.device.type != "mps"
        spectra = torch.stft(
            self._padded(samples.double() if double else samples),
            made.n_fft,
            hop_length=made.hop_length,
            window=self.window if double else self.window.float(),
            center=False,
            return_complex=True,
        )
        magnitudes = spectra.abs().float()
        return magnitudes if made.power == 1 else magnitudes.pow(made.power)

    def _padded(self, samples: Tensor) -> Tensor:
        made = self.made
        margin = made.n_fft // 2 if made.center else 0
        if made.pad_mode == "constant" or not margin:
            return nn.functional.pad(samples, (margin, margin))
        index = np.pad(np.arange(samples.shape[-1]), margin, mode="reflect")
        return samples[:, torch.from_numpy(index).to(samples.device)]

    def _scaled(self, mels: Tensor) -> Tensor:
        made = self.made
        mels = (mels + made.offset).clamp_min(made.amin)
        if made.log is None:
            return mels
        if made.log == "ln":
            return mels.log()
        if made.log == "log10":
            return mels.log10()
        zero = 0.0 if made.ref == "max" else 10.0 * math.log10(max(made.amin, float(made.ref)))
        return 10.0 * mels.log10() - zero

    def _ranged(self, mels: Tensor) -> Tensor:
        made = self.made
        if made.ref == "max":
            mels = mels - mels.amax((1, 2), keepdim=True)
        if made.top_db is not None:
            mels = torch.maximum(mels, mels.amax((1, 2), keepdim=True) - made.top_db)
        return mels


def settings(task: Mapping[str, Any], /) -> dict[str, Any]:
    """Return the parameters of the features of a task's configuration.

    That is ``rate`` in Hz, ``window`` and ``hop`` in seconds, and all of ``features``: the rest of
    the extractor's parameters.
    """
    rest = {str(name): value for name, value in dict(task["features"]).items()}
    return {"rate": task["rate"], "window": task["window"], "hop": task["hop"], **rest}
