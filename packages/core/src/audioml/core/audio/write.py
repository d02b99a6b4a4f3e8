"""Writes audio files through libsndfile, whole or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import AudioError, OutputError
from ..files import replacing, shown
from ..values import Audio

__all__ = ["write"]

_VORBIS_RATE, _VORBIS_CHANNELS = 200_000, 255  # measured: libvorbis refuses more


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
        ``.wav``, ``.flac``, ``.ogg``, ``.opus``, ``.mp3`` or any other that libsndfile writes.
    audio
        The sound; blocks must share one rate and number of channels.
    subtype
        Such as ``PCM_16``, ``PCM_24`` or ``FLOAT``; None for the format's usual one.
    tags
        Such as ``title``, ``artist``, ``album``, ``comment``, where the format holds them.

    Raises
    ------
    OutputError
        If the format or the subtype is unknown, does not take the sound's rate or channels, or the
        file cannot be written; no part of it stays.
    AudioError
        If there is nothing to write.
    """
    import soundfile

    path = Path(path)
    kind, subtype = _kind(path, subtype)
    blocks = iter([audio] if isinstance(audio, Audio) else audio)
    first = next(blocks, None)
    if first is None:
        raise AudioError(f"nothing to write to {shown(path)}: no audio came")
    _refuse_what_crashes(path, kind, first)
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
            reason = error.error_string.removeprefix("Error : ").rstrip(".")
            raise OutputError(
                f"cannot write {shown(path)} ({first.rate} Hz, {first.channels} channels): {reason}"
            ) from error


def _kind(path: Path, subtype: str | None) -> tuple[str, str | None]:
    """Return the format and the subtype in libsndfile's words."""
    import soundfile

    suffix = path.suffix[1:].upper()
    kind = {"OPUS": "OGG", "AIF": "AIFF"}.get(suffix, suffix)
    if kind not in soundfile.available_formats():
        known = "wav, flac, ogg, opus, mp3"
        raise OutputError(f"cannot write {shown(path)}: unknown format {kind!r}, use {known}")
    if suffix == "OPUS":
        subtype = subtype or "OPUS"
    if not soundfile.check_format(kind, subtype):
        known = ", ".join(soundfile.available_subtypes(kind))
        raise OutputError(f"cannot write {shown(path)}: subtype {subtype!r} is not one of {known}")
    return kind, subtype


def _refuse_what_crashes(path: Path, kind: str, audio: Audio) -> None:
    """Refuse what libsndfile 1.2 passes on to Vorbis unchecked, which ends the process."""
    if kind == "OGG" and (audio.rate > _VORBIS_RATE or audio.channels > _VORBIS_CHANNELS):
        raise OutputError(
            f"cannot write {shown(path)}: {audio.rate} Hz and {audio.channels} channels; "
            f"ogg takes up to {_VORBIS_RATE} Hz and {_VORBIS_CHANNELS} channels"
        )
