"""The front end in PyTorch: what `audioml_transcription.spectrum` computes, for batches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..spectrum import HOP, LONG, SHORT, bands, window

__all__ = ["FrontEnd"]

_FLOOR = 1e-8


class FrontEnd(nn.Module):
    """Both spectra of waveforms that have half a long window more on both sides."""

    def __init__(self) -> None:
        super().__init__()
        for size in (SHORT, LONG):
            self.register_buffer(f"window{size}", torch.tensor(window(size)), persistent=False)
            for at, (_, _, weights) in enumerate(bands(size)):
                self.register_buffer(f"band{size}_{at}", torch.tensor(weights), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Return shape (batch, 2, frames, bins) of samples of shape (batch, n).

        Frame ``i`` is centred on sample ``LONG // 2 + i * HOP``; there are
        ``1 + (n - LONG) // HOP``.
        """
        found = [self._power(samples, size) for size in (SHORT, LONG)]
        return torch.stack(found, 1).clamp(min=_FLOOR).log10() * 0.25 + 1

    def _power(self, samples: Tensor, size: int) -> Tensor:
        margin = (LONG - size) // 2
        inner = samples[:, margin : samples.shape[1] - margin]
        framed = inner.unfold(1, size, HOP) * getattr(self, f"window{size}")
        power = torch.view_as_real(torch.fft.rfft(framed)).square().sum(-1)
        return torch.cat(
            [
                power[..., rows] @ getattr(self, f"band{size}_{at}")
                for at, (rows, _, _) in enumerate(bands(size))
            ],
            -1,
        )
