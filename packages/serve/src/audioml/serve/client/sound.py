"""What callers have in hand as sound, made ready to be sent."""

from __future__ import annotations

import io
import mimetypes
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import AudioError, UsageError
from audioml.core.values import Audio

from .body import Body, FileOf, Handle, Memory, Piece

__all__ = ["Sound", "Upload", "upload", "wav"]

Sound = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Audio | NDArray[Any]
"""A path, the bytes of a file, a file open for reading, an `Audio`, or samples in [-1, 1]."""

_UNKNOWN = "application/octet-stream"
_FLOAT = 3  # the format tag of IEEE floats
_MOST = 0xFFFFFFFF - 58  # bytes of samples that a WAV file can count


@dataclass(frozen=True, slots=True)
class Upload:
    """What is sent: pieces of known size, or a file that can be read only once."""

    name: str
    media: str
    pieces: tuple[Piece, ...] = ()
    once: BinaryIO | None = None

    @property
    def size(self) -> int:
        """Return the bytes of the pieces."""
        return sum(piece.size for piece in self.pieces)

    @property
    def body(self) -> Body | BinaryIO:
        """Return it as the body of a request."""
        return self.once if self.once is not None else Body(self.pieces)

    def whole(self) -> Upload:
        """Return the same with a size: what can be read only once is read now."""
        if self.once is None:
            return self
        return Upload(self.name, self.media, (Memory(self.once.read()),))


def upload(audio: Sound, sr: int | None = None) -> Upload:
    """Return what is to be sent for ``audio``.

    Parameters
    ----------
    audio
        A path, the bytes of an audio file, a binary file, an `Audio`, or an array of floats of
        shape (n,) or (channels, n), which goes as a WAV file of float32, bit for bit.
    sr
        The sample rate in Hz of an array.

    Raises
    ------
    UsageError
        If it is none of these, or ``sr`` is missing or too many.
    AudioError
        If a file cannot be read, or the sound is too long for a WAV file.
    """
    if isinstance(audio, np.ndarray):
        if sr is None:
            raise UsageError("samples need their rate: predict(model, samples, sr)")
        audio, sr = Audio(audio, sr), None
    if sr is not None:
        raise UsageError(f"sr={sr} goes with an array; {type(audio).__name__} has its own rate")
    if isinstance(audio, Audio):
        return Upload("audio.wav", "audio/wav", wav(audio))
    if isinstance(audio, bytes | bytearray | memoryview):
        return Upload("audio", _UNKNOWN, (Memory(memoryview(audio)),))
    if isinstance(audio, str | os.PathLike):
        path = Path(audio)
        return Upload(path.name, _media(path.name), (FileOf(path),))
    if callable(getattr(audio, "read", None)):
        return _of_file(audio)
    raise UsageError(
        "expected a path, bytes, a binary file, Audio or an array of samples, "
        f"got {type(audio).__name__}"
    )


def _of_file(file: BinaryIO) -> Upload:
    if isinstance(file, io.TextIOBase):
        raise UsageError("the file was opened as text; open it with mode 'rb'")
    given = getattr(file, "name", None)
    name = Path(given).name if isinstance(given, str) else "audio"
    if file.seekable():
        return Upload(name, _media(name), (Handle(file),))
    return Upload(name, _media(name), once=file)


def _media(name: str) -> str:
    """Return the media type that a name suggests; the server looks at the bytes."""
    media, coding = mimetypes.guess_type(name, strict=False)
    return media if media and media.startswith("audio/") and coding is None else _UNKNOWN


def wav(audio: Audio) -> tuple[Piece, Piece]:
    """Return the header and the samples of a WAV file of float32.

    Raises
    ------
    AudioError
        If it would have more than 4 GB.
    """
    samples = np.ascontiguousarray(audio.samples.T, dtype="<f4")  # no copy of one channel
    if samples.nbytes > _MOST:
        raise AudioError(f"{samples.nbytes} bytes of samples; WAV holds 4 GB: send a FLAC file")
    frame = 4 * audio.channels
    form = struct.pack(
        "<HHIIHHH", _FLOAT, audio.channels, audio.rate, audio.rate * frame, frame, 32, 0
    )
    head = b"RIFF" + struct.pack("<I", 50 + samples.nbytes) + b"WAVE"
    head += b"fmt " + struct.pack("<I", len(form)) + form
    head += b"fact" + struct.pack("<II", 4, len(samples))
    head += b"data" + struct.pack("<I", samples.nbytes)
    return Memory(head), Memory(samples.data if samples.size else b"")
