"""Reads audio files: libsndfile first, ffmpeg for what it does not know."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import AudioError
from ..files import native, shown
from ..values import Audio
from . import ffmpeg
from .riff import missing_bytes
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


def read_blocks(path: str | Path, *, block: int = _BLOCK) -> Iterator[Audio]:
    """Yield a file in blocks of ``block`` frames, at its own rate and with all its channels.

    A file that ends before its header says is read as far as it goes, with a warning.

    Raises
    ------
    AudioError
        If the file is missing, empty, or not audio.
    """
    with regular(Path(path)) as whole:
        yield from _read(whole, block)


def _read(path: Path, block: int) -> Iterator[Audio]:
    check_readable(path)
    if _is_no_mpeg(path):
        yield from _with_ffmpeg(path, block, "no MPEG frames in it")
        return
    import soundfile

    try:
        file = soundfile.SoundFile(native(path))
    except (soundfile.LibsndfileError, OSError, TypeError) as error:  # TypeError: raw samples
        yield from _with_ffmpeg(path, block, _sentence(error))
        return
    except MemoryError as error:
        raise AudioError(f"{shown(path)} claims more audio than memory can hold") from error
    with file:
        yield from _blocks(file, path, block)


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


def _blocks(file: object, path: Path, block: int) -> Iterator[Audio]:
    import soundfile

    assert isinstance(file, soundfile.SoundFile)
    rate, promised, count = file.samplerate, file.frames, 0
    while True:
        try:
            data = file.read(block, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            if not count:
                raise AudioError(f"{shown(path)} cannot be decoded: {_sentence(error)}") from error
            log.warning("%s is damaged after %.2f s; the rest is left out", path, count / rate)
            return
        if not len(data):
            break
        yield Audio(data.T, rate, count / rate)
        count += len(data)
    if not count:
        raise AudioError(f"{shown(path)} holds a header but no samples")
    absent = missing_bytes(path) if file.format == "WAV" else 0
    if absent or count < promised - rate // 10:
        log.warning("%s is cut short; its first %.2f s are used", shown(path), count / rate)


def _with_ffmpeg(path: Path, block: int, reason: str) -> Iterator[Audio]:
    if not ffmpeg.available():
        raise AudioError(
            f"{shown(path)} is not audio that libsndfile reads ({reason}); "
            "for m4a, aac, wma and video install ffmpeg, or convert it to wav, flac, ogg or mp3"
        )
    yield from ffmpeg.read_blocks(path, block=block)


def _sentence(error: object) -> str:
    return str(error).rsplit(": ", maxsplit=1)[-1].rstrip(".").lower()
