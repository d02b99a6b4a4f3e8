"""Several recordings in one request, as parts of a form."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from itertools import count

from audioml.core.errors import AudioError, AudiomlError, WorkerError
from audioml.core.values import Prediction

from . import answers
from .body import Body, Memory, Piece
from .sound import Sound, Upload, upload
from .transport import Transport

__all__ = ["in_batches"]

_FILES, _BYTES = 16, 1 << 24  # in one request: more would only wait for one another
_Answer = Prediction | AudiomlError
_Numbered = tuple[int, Upload]


def in_batches(
    transport: Transport, path: str, audios: Iterable[Sound], sr: int | None
) -> list[_Answer]:
    """Return the answer to each recording, or its error, in their order."""
    found: dict[int, _Answer] = {}
    for batch in _batches(_readable(audios, sr, found)):
        numbers = [number for number, _ in batch]
        sent = _sent(transport, path, [sound for _, sound in batch])
        found.update(zip(numbers, sent, strict=True))
    return [found[number] for number in sorted(found)]


def _readable(
    audios: Iterable[Sound], sr: int | None, found: dict[int, _Answer]
) -> Iterator[_Numbered]:
    """Yield what can be sent; the others have their errors put into ``found``."""
    for number, audio in zip(count(), audios, strict=False):
        try:
            yield number, upload(audio, sr).whole()
        except AudioError as error:
            found[number] = error


def _batches(sounds: Iterable[_Numbered]) -> Iterator[list[_Numbered]]:
    batch: list[_Numbered] = []
    size = 0
    for number, sound in sounds:
        if batch and (len(batch) == _FILES or size + sound.size > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append((number, sound))
        size += sound.size
    if batch:
        yield batch


def _sent(transport: Transport, path: str, sounds: list[Upload]) -> list[_Answer]:
    """Return the answers to one request; one that was refused for its sound is sent in parts."""
    body, media = _form(sounds)
    headers = {"Content-Type": media, "Accept": "application/json"}
    try:
        data = transport.call("POST", path, body=body, headers=headers).data
    except AudioError as error:
        if len(sounds) == 1:
            return [error]
        return [answer for sound in sounds for answer in _sent(transport, path, [sound])]
    if len(sounds) == 1 and "results" not in answers.tree(data):
        return [answers.prediction(data)]
    found = answers.results(data)
    if len(found) != len(sounds):
        raise WorkerError(f"{len(sounds)} files were sent, the server answered to {len(found)}")
    return found


def _form(sounds: list[Upload]) -> tuple[Body, str]:
    """Return a multipart form with one part ``audio`` for each sound, and its media type."""
    boundary = secrets.token_hex(16)
    pieces: list[Piece] = []
    for sound in sounds:
        name = sound.name.replace("\\", "\\\\").replace('"', "%22")
        name = "".join(letter if letter.isprintable() else "_" for letter in name)
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="audio"; filename="{name}"\r\n'
            f"Content-Type: {sound.media}\r\n\r\n"
        )
        pieces += [Memory(head.encode()), *sound.pieces, Memory(b"\r\n")]
    pieces.append(Memory(f"--{boundary}--\r\n".encode()))
    return Body(pieces), f"multipart/form-data; boundary={boundary}"
