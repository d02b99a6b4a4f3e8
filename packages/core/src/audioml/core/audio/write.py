"""Writes audio files through libsndfile, whole or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import AudioError, OutputError
from ..files import replacing, shown
from ..values import Audio

__all__ = ["write"]


def write(
    path: str | Path,
    audio: Audio | Iterable[Audio],
    *,
    subtype: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write sound, or blocks of sound as they come, in the format of the suffix.

    Parameters
    ----------
    path
        ``.wav``, ``.flac``, ``.ogg``, ``.mp3`` or any other that libsndfile writes.
    audio
        The sound; blocks must share one rate and number of channels.
    subtype
        Such as ``PCM_16``, ``PCM_24`` or ``FLOAT``; None for the format's usual one.

    tags
        Such as ``title``, ``artist``, ``album``, ``comment``, where the format holds them.

    Raises
    ------
    OutputError
        If the format is unknown or the file cannot be written; no part of it stays.
    AudioError
        If there is nothing to write.
    """
    import soundfile

    path = Path(path)
    kind = path.suffix[1:].upper()
    kind = {"OPUS": "OGG", "AIF": "AIFF"}.get(kind, kind)
    if kind not in soundfile.available_formats():
        known = "wav, flac, ogg, mp3"
        raise OutputError(f"cannot write {shown(path)}: unknown format {kind!r}, use {known}")
    blocks = iter([audio] if isinstance(audio, Audio) else audio)
    first = next(blocks, None)
    if first is None:
        raise AudioError(f"nothing to write to {shown(path)}: no audio came")
    with replacing(path) as temporary:
        try:
            with soundfile.SoundFile(
                temporary, "w", first.rate, first.channels, subtype, format=kind
            ) as file:
                for name, text in (tags or {}).items():
                    setattr(file, name, text)
                for block in itertools.chain([first], blocks):
                    file.write(block.samples.T)
        except soundfile.LibsndfileError as error:
            raise OutputError(f"cannot write {shown(path)}: {error}") from error
