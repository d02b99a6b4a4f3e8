"""The front end of the CRNN: a mel spectrogram in dB, a hundred frames a second."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audioml.core.features.mel import mel_filters

__all__ = ["FPS", "MELS", "LogMel"]

FPS = 100.0
MELS = 229
_RATE, _SIZE, _HOP = 16000, 2048, 160


class LogMel(nn.Module):
    """Computes 229 mel bands from 30 Hz to 8 kHz in dB (Kong et al. 2021, sec. IV-B).

    Parameters
    ----------
    margin
        Whether samples have half a window more on both sides; otherwise they are mirrored there.
    """

    def __init__(self, *, margin: bool = False) -> None:
        super().__init__()
        self._margin = margin
        bank = mel_filters(_RATE, n_fft=_SIZE, n_mels=MELS, fmin=30, fmax=8000)
        self.register_buffer("bank", torch.tensor(bank), persistent=False)
        self.register_buffer("window", torch.hann_window(_SIZE), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Return shape (batch, 1 + n // 160, 229), in dB, of samples of shape (batch, n)."""
        window: Tensor = self.get_buffer("window")
        spectrum = torch.stft(
            samples, _SIZE, _HOP, window=window, center=not self._margin, return_complex=True
        )
        power = torch.view_as_real(spectrum).square().sum(-1).transpose(1, 2)
        return 10 * (power @ self.get_buffer("bank").T).clamp(min=1e-10).log10()
