"""The sound of a report: embedded so that any browser plays it, and its waveform.

Both read the recording in blocks, so a long one needs no more memory than its result.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio import conform_blocks, read_blocks
from audioml.core.errors import AudioError
from audioml.core.files import native
from audioml.core.stages import ModelSpec
from audioml.core.values import Audio

from .png import data_uri

__all__ = ["Sound", "Waveform", "embed", "waveform"]

_AS_IS = 12 << 20  # bytes of an uncompressed file that is embedded as it is
_LONGEST = 48 << 20  # bytes of compressed sound that a page can carry: 70 minutes of our MP3
_UNCOMPRESSED = {"audio/flac", "audio/wav"}
_PLAYED_WAV = {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"}
_MP3_RATES = (16000, 32000, 44100, 48000)  # of those LAME knows, the ones it ends without a gap


class Sound(NamedTuple):
    """An address for an audio element, or a sentence why there is none."""

    address: str = ""
    reason: str = ""


_Curve = NDArray[np.float64]


class Waveform(NamedTuple):
    """Peak and root mean square of equal stretches of time, each float64, [0, 1], shape (n,)."""

    peaks: _Curve
    means: _Curve


def embed(path: Path | None) -> Sound:
    """Return the sound of a recording, as it is or as mono MP3."""
    if path is None:
        return Sound(reason="The recording was not a file, so this page has no sound.")
    try:
        media_type = _playable(path)
        limit = _AS_IS if media_type in _UNCOMPRESSED else _LONGEST
        if media_type and path.stat().st_size <= limit:
            return Sound(data_uri(path.read_bytes(), media_type))
        return _transcoded(path)
    except (AudioError, OSError):
        return Sound(reason="The recording could not be read, so this page has no sound.")


def waveform(path: Path | None, duration: float, bins: int) -> Waveform | None:
    """Return the waveform of a recording in ``bins`` stretches, or None where it has no sound."""
    peaks, squares, counts = np.zeros((3, bins))
    at = 0
    try:
        for block in read_blocks(path) if path else ():
            samples = block.samples
            edges = np.ceil(np.arange(bins) * (duration * block.rate / bins)).astype(int) - at
            into = np.flatnonzero(edges < samples.shape[1])
            into = into[np.searchsorted(edges[into], 0, side="right") - 1 :]
            first = np.maximum(edges[into], 0)
            highest = np.maximum.reduceat(samples, first, axis=1).max(axis=0)
            lowest = np.minimum.reduceat(samples, first, axis=1).min(axis=0)
            peaks[into] = np.maximum(peaks[into], np.maximum(highest, -lowest))
            squares[into] += np.add.reduceat(samples * samples, first, axis=1).mean(axis=0)
            counts[into] += np.diff(first, append=samples.shape[1])
            at += samples.shape[1]
    except AudioError:
        return None
    return _scaled(np.nan_to_num(peaks, posinf=1), squares, counts) if at else None


def _scaled(peaks: _Curve, squares: _Curve, counts: _Curve) -> Waveform:
    means = np.sqrt(np.nan_to_num(squares, posinf=1) / np.maximum(counts, 1))
    loudest = peaks.max() or 1.0
    return Waveform(peaks / loudest, np.minimum(means / loudest, 1))


def _playable(path: Path) -> str:
    """Return the media type where every browser plays the file, or nothing."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav" if _subtype(path) in _PLAYED_WAV else ""
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] in (b"\xfb", b"\xfa", b"\xf3")):
        return "audio/mpeg"
    return {b"fLaC": "audio/flac", b"OggS": "audio/ogg"}.get(head[:4], "")


def _subtype(path: Path) -> str:
    import soundfile

    try:
        return str(soundfile.info(native(path)).subtype)
    except soundfile.LibsndfileError:
        return ""


def _transcoded(path: Path) -> Sound:
    import soundfile

    blocks = _mono(read_blocks(path))
    first = next(blocks)
    file = io.BytesIO()
    quality: dict[str, Any] = {"compression_level": 0.8, "bitrate_mode": "CONSTANT"}  # 96 kbit/s
    try:
        out = soundfile.SoundFile(file, "w", first.rate, 1, format="MP3", **quality)
    except (soundfile.LibsndfileError, TypeError, ValueError):
        return Sound(reason="This libsndfile writes no MP3, so this page has no sound.")
    with out:
        for block in _with(first, blocks):
            out.write(block.samples[0])
            if file.tell() > _LONGEST:
                return Sound(reason="The recording is too long for a page to carry its sound.")
    return Sound(data_uri(file.getvalue(), "audio/mpeg"))


def _mono(blocks: Iterator[Audio]) -> Iterator[Audio]:
    first = next(blocks)
    rate = next((r for r in _MP3_RATES if r >= first.rate), _MP3_RATES[-1])
    spec = ModelSpec("report", "1", "sound", "", rate=rate)
    yield from conform_blocks(_with(first, blocks), spec)


def _with(first: Audio, rest: Iterator[Audio]) -> Iterator[Audio]:
    yield first
    yield from rest
