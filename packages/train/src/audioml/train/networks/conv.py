"""A small convolutional encoder of log-mel spectrograms, which a microcontroller can run."""

from __future__ import annotations

from torch import Tensor, nn

from audioml.core.errors import ValidationError

__all__ = ["Encoder"]

_LEAST = 8  # channels of a block


class Encoder(nn.Module):
    """Takes spectrograms, shape (batch, n_mels, frames), and returns (batch, width).

    Each band is normalised by itself; then come blocks of a 3x3 convolution, batch normalisation
    and ReLU, each with twice the channels of the one before, and half its bands and frames. A
    weight for each band and channel then pools the bands, so that it is not forgotten how high a
    sound was, and the sum of mean and maximum pools time (Kong et al. 2020, PANNs). There is
    nothing in it that the operators of ONNX and of TFLite in int8 do not have.

    Parameters
    ----------
    n_mels
        Bands of the spectrograms.
    width
        Channels of the last block, and numbers that are returned.
    depth
        Blocks; the last one has ``2 ** (depth - 1)`` times fewer bands and frames than the first.
    separable
        Whether the convolutions after the first one are depthwise, then 1x1 (Howard et al. 2017):
        a sixth of the weights and of the time for a little of the accuracy.
    dropout
        Probability of leaving out a returned number in training.

    Raises
    ------
    ValidationError
        If there are not as many bands as the blocks halve away, or a size is not above 0.
    """

    def __init__(
        self,
        n_mels: int,
        *,
        width: int = 128,
        depth: int = 4,
        separable: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if width < _LEAST or depth < 1:
            raise ValidationError(
                f"an encoder needs 'width' of at least {_LEAST} and 'depth' of at least 1, got "
                f"{width!r} and {depth!r}"
            )
        bands = n_mels >> (depth - 1)
        if not bands:
            raise ValidationError(
                f"depth={depth} halves {n_mels} bands {depth - 1} times, so none is left; take "
                f"depth={n_mels.bit_length()} or less"
            )
        channels = [max(_LEAST, width >> (depth - 1 - at)) for at in range(depth)]
        self.width, self.depth = width, depth
        self.normalise = nn.BatchNorm1d(n_mels)
        self.blocks = nn.ModuleList(
            _block(before, after, separable=separable and before > 1)
            for before, after in zip([1, *channels], channels, strict=False)
        )
        self.halve = nn.AvgPool2d(2)
        self.bands = nn.Conv2d(width, width, (bands, 1), groups=width)
        self.dropout = nn.Dropout(dropout)

    @property
    def least_frames(self) -> int:
        """Return the fewest frames that leave one after the blocks."""
        return 1 << (self.depth - 1)

    def features(self, spectra: Tensor) -> Tensor:
        """Return the map before it is pooled, shape (batch, width, bands', frames')."""
        maps: Tensor = self.normalise(spectra).unsqueeze(1)
        for at, block in enumerate(self.blocks):
            maps = block(self.halve(maps) if at else maps)
        return maps

    def forward(self, spectra: Tensor) -> Tensor:
        """Return a vector for each spectrogram, shape (batch, width)."""
        maps = self.bands(self.features(spectra)).squeeze(2)
        pooled: Tensor = self.dropout(maps.mean(-1) + maps.amax(-1))
        return pooled


def _block(before: int, after: int, *, separable: bool) -> nn.Sequential:
    if separable:
        first = [
            nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False),
            nn.BatchNorm2d(before),
            nn.ReLU(),
            nn.Conv2d(before, after, 1, bias=False),
        ]
    else:
        first = [nn.Conv2d(before, after, 3, padding=1, bias=False)]
    return nn.Sequential(*first, nn.BatchNorm2d(after), nn.ReLU())
