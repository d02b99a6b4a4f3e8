"""Log-mel spectrograms of windows, each as if it were alone."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..errors import ValidationError
from ..stages import FeatureExtractor, FeatureStream
from ..values import Audio, Rows
from .edges import Layout, lay_out
from .layouts import check_layout
from .mel import MelBank, mel_filters
from .scales import Log, Scale
from .shared import SharedRows
from .spectra import MelSpectra
from .stft import PadMode, hann
from .whole import WholeStream
from .windows import Pad, WindowStream, centred, check_windows

__all__ = ["LogMel"]


@dataclass(frozen=True, kw_only=True)
class LogMel(FeatureExtractor):
    """Log-mel spectrograms: tensor ``logmel``, float32, shape (rows, n_mels, frames).

    Each window is what ``librosa.stft``, ``librosa.filters.mel`` and a logarithm make of it alone,
    its own padding at its edges included. Overlapping windows share the frames that see no
    padding where ``hop`` is a multiple of ``hop_length``: eight in ten frames of a window of one
    second with a hop of a tenth need not be computed again.

    Parameters
    ----------
    rate
        Hz.
    window
        Seconds; None makes the whole signal one row.
    hop
        Seconds from one window to the next; by default the window's length.
    n_fft, hop_length, win_length
        Length of the transform, samples from one frame to the next, and length of the periodic
        Hann window (``n_fft`` by default), all in samples.
    center, pad_mode
        Whether a frame is centred at its time, and what stands around a window then: zeros
        (``constant``) or its reflection (``reflect``).
    n_mels, fmin, fmax, htk, norm
        The filters, see `mel_filters`.
    power
        1 for magnitudes, 2 for powers.
    log
        ``db`` (10 log10), ``ln``, ``log10`` or None.
    offset, amin
        Added to the mel spectrum before the logarithm; and the least value it then has.
    ref, top_db
        For ``db``: the value of 0 dB, or ``max`` for the row's largest; and the range of a row in
        dB below its largest value, or None.
    pad
        What happens to samples at the end that do not fill a window: ``zero`` completes them with
        zeros, ``short`` does so only for a signal shorter than one window, ``drop`` never;
        ``center`` puts half of the zeros before the signal. That depends on its length, which a
        stream does not know: it completes the end, and equals the whole for whole hops.
    tensor
        Name of the tensor.
    layout
        Order of the axes after the row: ``m`` for mel, ``t`` for time, each ``1`` for an axis of
        length one.
    dtype
        ``float64`` computes in double precision; the features are float32 all the same.

    Raises
    ------
    ValidationError
        If a parameter is not as above.
    """

    rate: int
    window: float | None = None
    hop: float | None = None
    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    center: bool = True
    pad_mode: PadMode = "constant"
    n_mels: int = 128
    fmin: float = 0.0
    fmax: float | None = None
    htk: bool = False
    norm: Literal["slaney"] | None = "slaney"
    power: float = 2.0
    log: Log = "db"
    offset: float = 0.0
    amin: float = 1e-10
    ref: float | Literal["max"] = 1.0
    top_db: float | None = None
    pad: Pad = "zero"
    tensor: str = "logmel"
    layout: str = "mt"
    dtype: Literal["float32", "float64"] = "float32"

    def __post_init__(self) -> None:
        check_layout(self.layout, axes="tm")
        if self.hop_length < 1 or self.n_fft < 2:
            raise ValidationError(
                f"'n_fft' must be at least 2 and 'hop_length' at least 1, "
                f"got {self.n_fft!r} and {self.hop_length!r}"
            )
        if self.pad_mode not in ("constant", "reflect"):
            raise ValidationError(
                f"'pad_mode' must be 'constant' or 'reflect', got {self.pad_mode!r}"
            )
        if self.dtype not in ("float32", "float64"):
            raise ValidationError(f"'dtype' must be 'float32' or 'float64', got {self.dtype!r}")
        self._stream()  # builds what the parameters describe, or says what is wrong with them

    def stream(self) -> FeatureStream:
        """Return a new stream; without a window it keeps the features, not the sound."""
        return self._stream()

    def whole(self, blocks: Iterable[Audio], /) -> Iterator[Rows]:
        """Yield the rows of a whole signal that is read in blocks, a few at a time."""
        _, _, layout = _prepared(self)
        if self.pad == "center" and layout is not None:
            blocks = centred(blocks, layout.grid)
        yield from super().whole(blocks)

    def __call__(self, audio: Audio, /) -> Rows:
        """Return the rows of a whole signal."""
        if self.pad == "center":
            return super().__call__(audio)
        return self._stream().run(audio, last=True)

    def _stream(self) -> WindowStream | WholeStream:
        spectra, scale, layout = _prepared(self)
        if layout is None:
            return WholeStream(
                spectra,
                scale,
                hann(self.n_fft, win_length=self.win_length),
                hop_length=self.hop_length,
                center=self.center,
                pad_mode=self.pad_mode,
                padded=self.pad != "drop",
                rate=self.rate,
                tensor=self.tensor,
                axes=self.layout,
            )
        rows = SharedRows(layout, spectra, scale, axes=self.layout)
        return WindowStream(layout.grid, rows, rate=self.rate, tensor=self.tensor)


@functools.lru_cache(maxsize=32)
def _prepared(features: LogMel) -> tuple[MelSpectra, Scale, Layout | None]:
    """Return what the streams of an extractor share; nothing of it ever changes."""
    grid = check_windows(
        rate=features.rate, window=features.window, hop=features.hop, pad=features.pad
    )
    scale = Scale(features.log, features.offset, features.amin, features.ref, features.top_db)
    filters = mel_filters(
        features.rate,
        n_fft=features.n_fft,
        n_mels=features.n_mels,
        fmin=features.fmin,
        fmax=features.fmax,
        htk=features.htk,
        norm=features.norm,
    )
    bank = MelBank(filters, dtype=features.dtype)
    spectra = MelSpectra(features.n_fft, bank, power=features.power, scale=scale)
    window = hann(features.n_fft, win_length=features.win_length)
    if grid is None:
        return spectra, scale, None
    return (
        spectra,
        scale,
        lay_out(
            grid,
            window,
            hop_length=features.hop_length,
            center=features.center,
            pad_mode=features.pad_mode,
        ),
    )
