"""Sound that strangers send: read by libsndfile within limits, counted while it is read."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from audioml.core.values import Audio

from .problems import Problem
from .settings import Settings

__all__ = ["CONTAINERS", "Budget", "Limits", "Opened", "opened"]

_BLOCK = 1 << 19  # samples of all channels: 2 MB
CONTAINERS = {
    "AIFF": "audio/aiff",
    "AU": "audio/basic",
    "CAF": "audio/x-caf",
    "FLAC": "audio/flac",
    "MP3": "audio/mpeg",
    "MPEG": "audio/mpeg",
    "OGG": "audio/ogg",
    "RF64": "audio/wav",
    "W64": "audio/x-w64",
    "WAV": "audio/wav",
    "WAVEX": "audio/wav",
}
"""What is read, as libsndfile calls it, and its media type."""
# ADPCM and other rare codecs are left out: their decoders are where libsndfile had its holes
# (CVE-2021-3246, issue 1120).
_PCM = ("PCM_16", "PCM_24", "PCM_32", "PCM_S8", "PCM_U8", "FLOAT", "DOUBLE", "ALAW", "ULAW")
_LOSSLESS = tuple(f"ALAC_{bits}" for bits in (16, 20, 24, 32))
_LOSSY = ("MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III", "OPUS", "VORBIS")
_CODECS = frozenset({*_PCM, *_LOSSLESS, *_LOSSY})


class Budget:
    """Seconds of sound that all recordings of a request may have together."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._left = seconds, seconds
        self._lock = threading.Lock()

    def take(self, seconds: float) -> None:
        """Count seconds; raise a `Problem` once there are more than may be."""
        with self._lock:
            self._left -= seconds
        if self._left < 0:
            raise Problem.too_long(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What sound may be: ``seconds`` long at most, of ``rates`` in Hz, with so many channels."""

    seconds: float
    rates: tuple[int, int]
    channels: int

    @classmethod
    def of(cls, settings: Settings, *, job: bool = False) -> Limits:
        """Return the limits of a request, or of a job."""
        seconds = settings.max_job_seconds if job else settings.max_seconds
        rates = settings.min_rate, settings.max_rate
        return cls(seconds=seconds, rates=rates, channels=settings.max_channels)


class Opened:
    """A recording whose header was read and found to be within the limits.

    ``rate`` is in Hz; ``seconds`` is what the header promises, which may be anything.
    """

    def __init__(self, file: Any, budget: Budget) -> None:
        self.rate, self.channels = int(file.samplerate), int(file.channels)
        self.seconds = file.frames / self.rate
        self.read = 0.0
        self._file, self._budget = file, budget

    def blocks(self) -> Iterator[Audio]:
        """Yield the sound, block by block; ``read`` tells how many seconds were read so far.

        Raises
        ------
        Problem
            If there is more of it than may be, it is damaged, or there is none.
        """
        import soundfile

        size, count = max(1, _BLOCK // self.channels), 0
        while True:
            try:
                data = self._file.read(size, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise Problem.unreadable(_sentence(error)) from error
            if not len(data):
                break
            audio = Audio(data.T, self.rate, count / self.rate)
            count += len(data)
            self.read = count / self.rate
            self._budget.take(audio.duration)
            yield audio
        if not count:
            raise Problem.unreadable("it holds no samples")


def opened(file: BinaryIO, limits: Limits, budget: Budget | None = None) -> Opened:
    """Return a recording, ready to be read; several may share a ``budget``.

    Raises
    ------
    Problem
        If it is not audio, is of a kind that is not read here, or is beyond the limits.
    """
    import soundfile

    if not file.read(1):
        raise Problem.unreadable("it is empty")
    file.seek(0)
    try:
        sound = soundfile.SoundFile(file)
    except (soundfile.LibsndfileError, TypeError, io.UnsupportedOperation) as error:
        raise Problem.unsupported(
            f"it is not audio that is read here ({_sentence(error)})"
        ) from error
    except MemoryError as error:
        raise Problem.unreadable("it claims more than memory can hold") from error
    if sound.format not in CONTAINERS or sound.subtype not in _CODECS:
        raise Problem.unsupported(f"{sound.format} with {sound.subtype} is not read here")
    low, high = limits.rates
    if not low <= sound.samplerate <= high:
        raise Problem.unreadable(
            f"its sample rate is {sound.samplerate} Hz; expected {low} to {high}"
        )
    if sound.channels > limits.channels:
        raise Problem.unreadable(
            f"it has {sound.channels} channels; expected {limits.channels} at most"
        )
    if sound.frames / sound.samplerate > limits.seconds:  # libsndfile has looked at the size
        raise Problem.too_long(limits.seconds)
    return Opened(sound, budget or Budget(limits.seconds))


def _sentence(error: object) -> str:
    return str(error).rsplit(": ", maxsplit=1)[-1].rstrip(".").lower()
