"""The header of a WAV stream, whatever its writer knew of its length."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

from ..errors import AudioError
from .pcm import check_form

__all__ = ["Form", "read_form"]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FORMATS = {
    (_PCM, 8): "u8",
    (_PCM, 16): "s16le",
    (_PCM, 24): "s24le",
    (_PCM, 32): "s32le",
    (_FLOAT, 32): "f32le",
    (_FLOAT, 64): "f64le",
}
_ENDLESS = (0, 0xFFFFFFFF)  # what a writer leaves that cannot go back to its header
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Form:
    """What bytes of sound mean; ``size`` is how many there are, or None where nobody knows."""

    format: str
    rate: int
    channels: int
    size: int | None = None


def read_form(stream: IO[bytes]) -> Form:
    """Return what a WAV stream holds, and leave it at the first sample.

    Raises
    ------
    AudioError
        If it is not a WAV stream, or of samples that are not PCM.
    """
    riff = stream.read(12)
    if riff[:4] not in (b"RIFF", b"RF64") or riff[8:12] != b"WAVE":
        raise AudioError(f"expected a WAV stream, it begins with {riff[:12]!r}")
    form: Form | None = None
    while len(head := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            break
        if name == b"fmt ":
            form = _form(stream.read(min(size, _PIECE)))
            size = max(0, size - _PIECE)
        _skip(stream, size + size % 2)
    else:
        raise AudioError("the WAV stream ends before its 'data' chunk")
    if form is None:
        raise AudioError("the WAV stream has no 'fmt ' chunk before its 'data' chunk")
    return Form(form.format, form.rate, form.channels, None if size in _ENDLESS else size)


def _form(body: bytes) -> Form:
    if len(body) < 16:
        raise AudioError(f"the 'fmt ' chunk of the WAV stream has {len(body)} bytes, expected 16")
    tag, channels, rate, _, block, bits = struct.unpack("<HHIIHH", body[:16])
    if tag == _EXTENSIBLE and len(body) >= 26:
        (tag,) = struct.unpack("<H", body[24:26])  # the format's GUID begins with its old number
    found = _FORMATS.get((tag, bits))
    if found is None or block != channels * bits // 8:
        raise AudioError(
            f"the WAV stream has samples of format {tag} with {bits} bits, {block} bytes a frame; "
            "expected PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64"
        )
    return Form(found, *check_form(rate, channels))


def _skip(stream: IO[bytes], size: int) -> None:
    while size and (piece := stream.read(min(size, _PIECE))):
        size -= len(piece)
