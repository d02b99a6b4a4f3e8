"""Reads audio files: libsndfile first, ffmpeg for what it does not know."""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import AudioError
from ..files import native, shown
from ..values import Audio
from . import ffmpeg
from .riff import missing_bytes, unfinished_data
from .stdin import regular

__all__ = ["check_readable", "read", "read_blocks"]

log = logging.getLogger(__name__)
_BLOCK = 1 << 17  # frames: 3 s at 44.1 kHz, 0.5 MB a channel
_MPEG_NAMES = frozenset({".m1a", ".mp1", ".mp2", ".mp3"})  # what libsndfile goes by
_MPEG_SEARCH = 1 << 16  # bytes: as far as libsndfile looks for the first frame
_SOUND = re.compile(  # the head of any format, or two MPEG frames of one kind (ISO 11172-3, 2.4.2)
    rb"\A(?:ID3|RIFF|RIFX|RF64|riff|FORM|fLaC|OggS|caff|\.snd)"
    rb"|(\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]).{22,2900}?\1",
    re.DOTALL,
)


def read(path: str | Path) -> Audio:
    """Return a whole file.

    Raises
    ------
    AudioError
        If the file is missing, empty, or not audio.
    """
    parts = list(read_blocks(path))
    samples = np.concatenate([p.samples for p in parts], axis=1)
    return Audio(samples, parts[0].rate)


def read_blocks(
    path: str | Path, *, block: int = _BLOCK, damaged: Callable[[str], None] = log.warning
) -> Iterator[Audio]:
    """Yield a file in blocks of ``block`` frames, at its own rate and with all its channels.

    A file that ends before its header says is read as far as it goes, and a WAV whose header was
    never finished, as a recorder leaves it that lost its power, to its end; ``damaged`` is called
    with a sentence on it then, which is logged by default.

    Raises
    ------
    AudioError
        If the file is missing, empty, or not audio.
    """
    with regular(Path(path)) as whole:
        yield from _read(whole, block, damaged)


def _read(path: Path, block: int, damaged: Callable[[str], None]) -> Iterator[Audio]:
    check_readable(path)
    if _is_no_mpeg(path):
        yield from _with_ffmpeg(path, block, "no MPEG frames in it", damaged)
        return
    import soundfile

    try:
        file = soundfile.SoundFile(native(path))
    except (soundfile.LibsndfileError, OSError, TypeError) as error:  # TypeError: raw samples
        yield from _with_ffmpeg(path, block, _sentence(error), damaged)
        return
    except MemoryError as error:
        raise AudioError(f"{shown(path)} claims more audio than memory can hold") from error
    with file:
        unfinished = unfinished_data(path) if file.format == "WAV" and not file.frames else None
        if unfinished:
            yield from _unfinished(path, file, unfinished, block)
            damaged(f"{shown(path)} has a header that was never finished; all that follows is used")
        else:
            yield from _blocks(file, path, block, damaged)


def _unfinished(path: Path, header: Any, first: int, block: int) -> Iterator[Audio]:
    """Yield the samples of a WAV file from byte ``first`` to its end."""
    import soundfile

    about = {"samplerate": header.samplerate, "channels": header.channels, "endian": "LITTLE"}
    with path.open("rb") as whole:
        rest = _From(whole, first)
        with soundfile.SoundFile(rest, format="RAW", subtype=header.subtype, **about) as file:
            yield from _blocks(file, path, block, log.warning)


class _From(io.RawIOBase):
    """A file as seen from some byte on."""

    def __init__(self, file: BinaryIO, first: int) -> None:
        self._file, self._first = file, first
        file.seek(first)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = offset + self._first if whence == os.SEEK_SET else offset
        return self._file.seek(at, whence) - self._first

    def tell(self) -> int:
        return self._file.tell() - self._first

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _is_no_mpeg(path: Path) -> bool:
    """Tell whether libsndfile would look for MPEG frames in vain, and complain on stderr."""
    with path.open("rb") as file:
        head = file.read(_MPEG_SEARCH)
    named = path.suffix.lower() in _MPEG_NAMES
    begins = head[:1] == b"\xff" and head[1:2] >= b"\xe0"  # as UTF-16 does
    return (named or begins) and not _SOUND.search(head)


def check_readable(path: Path) -> None:
    """Raise an `AudioError` if a file is missing, empty, or may not be read."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise AudioError(f"{shown(path)} is a folder; expected an audio file")
        if not path.is_file():
            return  # a pipe, which opening would begin to drain
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise AudioError(f"{shown(path)} does not exist") from error
    except OSError as error:
        raise AudioError(f"{shown(path)} cannot be read: {error.strerror}") from error
    if size == 0:
        raise AudioError(f"{shown(path)} is empty (0 bytes)")


def _blocks(file: Any, path: Path, block: int, damaged: Callable[[str], None]) -> Iterator[Audio]:
    import soundfile

    rate, promised, count = file.samplerate, file.frames, 0
    while True:
        try:
            data = file.read(block, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            if not count:
                raise AudioError(f"{shown(path)} cannot be decoded: {_sentence(error)}") from error
            damaged(f"{shown(path)} is damaged after {count / rate:.2f} s; the rest is left out")
            return
        if not len(data):
            break
        yield Audio(data.T, rate, count / rate)
        count += len(data)
    if not count:
        raise AudioError(f"{shown(path)} holds a header but no samples")
    absent = missing_bytes(path) if file.format == "WAV" else 0
    if absent or count < promised - rate // 10:
        damaged(f"{shown(path)} is cut short; its first {count / rate:.2f} s are used")


def _with_ffmpeg(
    path: Path, block: int, reason: str, damaged: Callable[[str], None]
) -> Iterator[Audio]:
    if not ffmpeg.available():
        raise AudioError(
            f"{shown(path)} is not audio that libsndfile reads ({reason}); "
            "for m4a, aac, wma and video install ffmpeg, or convert it to wav, flac, ogg or mp3"
        )
    yield from ffmpeg.read_blocks(path, block=block, damaged=damaged)


def _sentence(error: object) -> str:
    return str(error).rsplit(": ", maxsplit=1)[-1].rstrip(".").lower()
