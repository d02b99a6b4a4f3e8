"""What a song looks like: its waveform as a path, and its spectrogram as a PNG."""

from __future__ import annotations

import itertools
import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audioml.core.features.decibels import power_to_db
from audioml.core.features.mel import mel_filters
from audioml.core.features.stft import hann
from audioml.core.files import native

__all__ = ["Picture", "looks", "outline", "png"]

_COLUMNS = 1200
_BANDS = 128
_N_FFT = 1024
_RANGE = 80.0  # dB below the loudest that are told from silence
# black over violet and orange to a pale yellow, as lightness rises evenly
_ANCHORS = (
    *((0, 0, 4), (60, 15, 110), (140, 41, 129)),
    *((222, 73, 104), (254, 159, 109), (252, 253, 191)),
)


class Picture(NamedTuple):
    """A song in columns of equal time.

    ``lows`` and ``highs`` are float32, shape (columns,), [-1, 1]; ``loudness`` is float32, shape
    (columns, bands), dB, bands from low to high on the mel scale; ``rate`` is in Hz, ``seconds``
    the length of all.
    """

    lows: NDArray[np.float32]
    highs: NDArray[np.float32]
    loudness: NDArray[np.float32]
    rate: int
    seconds: float


def looks(path: Path) -> Picture:
    """Return what a file of sound looks like; it is read in pieces, however long it is."""
    import soundfile

    window, half = hann(_N_FFT), _N_FFT // 2
    with soundfile.SoundFile(native(path)) as file:
        columns = int(min(max(file.frames, 1), _COLUMNS))
        edges = np.linspace(0, file.frames, columns + 1).astype(int)
        lows, highs = np.zeros((2, columns), np.float32)
        power = np.zeros((columns, half + 1), np.float32)
        for at, (first, end) in enumerate(itertools.pairwise(edges)):
            middle = (first + end) // 2
            part = _part(file, middle - half, middle + half)
            power[at] = np.abs(np.fft.rfft(part * window)) ** 2
            heard = _part(file, first, max(end, first + 1))
            lows[at], highs[at] = heard.min(), heard.max()
        bands = power @ mel_filters(file.samplerate, n_fft=_N_FFT, n_mels=_BANDS).T
        loudness = power_to_db(bands, ref=max(float(bands.max()), 1e-10), top_db=_RANGE)
        length = file.frames / file.samplerate
        return Picture(lows, highs, loudness.astype(np.float32), file.samplerate, length)


def _part(file: Any, first: int, end: int) -> NDArray[np.float32]:
    """Return the mean of the channels from one sample to another, silence beyond both ends."""
    part = np.zeros(end - first, np.float32)
    begin = max(first, 0)
    file.seek(min(begin, file.frames))
    read = file.read(min(end, file.frames) - min(begin, file.frames), "float32", always_2d=True)
    part[begin - first : begin - first + len(read)] = read.mean(axis=1)
    return part


def outline(picture: Picture) -> str:
    """Return the waveform as an SVG path, 100 high and a unit wide for each column."""
    loudest = max(float(np.abs([picture.lows, picture.highs]).max()), 1e-6)
    above = [f"{x},{50 - 48 * y / loudest:.1f}" for x, y in enumerate(picture.highs)]
    below = [f"{x},{50 - 48 * y / loudest:.1f}" for x, y in enumerate(picture.lows)]
    return "M" + "L".join(above + below[::-1]) + "Z"


def png(picture: Picture) -> bytes:
    """Return the spectrogram as a PNG, low frequencies at the bottom."""
    levels = np.clip((picture.loudness.T[::-1] / _RANGE + 1) * 255, 0, 255).astype(np.uint8)
    rows, columns = levels.shape
    pixels = np.pad(levels, ((0, 0), (1, 0)))  # the first byte of a row: no filter
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", _palette())]
    chunks += [(b"IDAT", zlib.compress(pixels.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _palette() -> bytes:
    anchors = np.array(_ANCHORS)
    at = np.linspace(0, len(anchors) - 1, 256)
    colours = [np.interp(at, np.arange(len(anchors)), anchors[:, i]) for i in range(3)]
    return bytes(np.rint(np.stack(colours, axis=1)).astype(np.uint8).tobytes())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
