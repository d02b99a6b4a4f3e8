"""What names of files say: which words tell the role of a file, and which the piece."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

__all__ = ["folders", "is_role", "piece_of", "stem", "words"]

_ROLES = frozenset(
    re.findall(
        r"\w+",
        """
        align aligned anno annot annotation annotations audio audios beat beats chord chords
        flac ground groundtruth gt jam jams lab label labels labs mic mid midi midis mids mix
        mixed mixes mixture mono mp3 mp3s note notes ogg onset onsets orig original pedal
        performance piano raw rec recording recordings ref reference render rendered score
        scores segment segments sound sounds stereo tag tags target targets track transcription
        transcriptions truth wav wave waves wavs
        """,
    )
)
_RATE = re.compile(r"\d+k(hz)?|\d+hz|\d+bit")
_BREAKS = re.compile(r"[\s_\-.()\[\]{},+]+")
_MEDIA = re.compile(r"\.(wave?|flac|ogg|mp3|aiff?|m4a|midi?|jams|lab|csv|txt)$")
_TAKE = re.compile(
    r"(?:[\s_\-.]+(?:take|mic|channel|ch|ver|version|v|aug|seg|segment|chunk|clip|part|excerpt)"
    r"[\s_\-.]*\d+|[\s_\-.]*\(\d+\))+$"
)


def stem(path: str) -> str:
    """Return the last part of a path without its endings, in one spelling of its letters."""
    name = unicodedata.normalize("NFC", PurePosixPath(path).name).casefold()
    bare = PurePosixPath(name).stem
    return _MEDIA.sub("", bare) or bare


def folders(path: str) -> tuple[str, ...]:
    """Return the folders of a path that say more than which kind of file lies in them."""
    parts = unicodedata.normalize("NFC", path).casefold().split("/")[:-1]
    return tuple(part for part in parts if not all(map(is_role, words(part))))


def words(text: str) -> tuple[str, ...]:
    """Return the words of a name."""
    return tuple(word for word in _BREAKS.split(text) if word)


def is_role(word: str) -> bool:
    """Tell whether a word says what kind of file it is, or at which rate, not of which piece."""
    return word in _ROLES or _RATE.fullmatch(word) is not None


def piece_of(name: str) -> str:
    """Return the piece that a row's name stands for: without its take, microphone or part."""
    lowered = unicodedata.normalize("NFC", name).casefold()
    return _TAKE.sub("", lowered) or lowered
