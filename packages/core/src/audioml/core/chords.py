"""Chord labels in Harte's notation (Harte et al. 2005), as JAMS has them, as pitch classes."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["PITCHES", "QUALITIES", "Chord", "parse"]

PITCHES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""Pitch classes from C = 0, spelt with sharps."""

QUALITIES = {
    "1": (0,),
    "5": (0, 7),
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "maj6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "dim7": (0, 3, 6, 9),
    "hdim7": (0, 3, 6, 10),
    "minmaj7": (0, 3, 7, 11),
    "aug7": (0, 4, 8, 10),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "min9": (0, 3, 7, 10, 14),
    "11": (0, 4, 7, 10, 14, 17),
    "maj11": (0, 4, 7, 11, 14, 17),
    "min11": (0, 3, 7, 10, 14, 17),
    "13": (0, 4, 7, 10, 14, 17, 21),
    "maj13": (0, 4, 7, 11, 14, 17, 21),
    "min13": (0, 3, 7, 10, 14, 17, 21),
}
"""Quality to its tones, in semitones above the root."""
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SCALE = (0, 2, 4, 5, 7, 9, 11)
_LABEL = re.compile(
    r"(?P<root>[A-G](?:b*|#*))"
    r"(?::(?P<quality>[a-z]*\d*)(?:\((?P<degrees>[^()]*)\))?)?"
    r"(?:/(?P<bass>[b#]*\d+))?"
)
_DEGREE = re.compile(r"(\*?)([b#]*)(\d+)")


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: ``root`` as a pitch class from C = 0, the rest in semitones above the root."""

    root: int
    quality: str
    tones: tuple[int, ...]
    bass: int = 0


def parse(label: str) -> Chord | None:
    """Return a chord label as a chord, or None for no chord (N, X) and for other text."""
    match = _LABEL.fullmatch(label)
    if match is None:
        return None
    quality, degrees = match["quality"] or "", match["degrees"]
    quality = quality or ("" if degrees else "maj")
    if quality and quality not in QUALITIES:
        return None
    tones = set(QUALITIES.get(quality, (0,)))
    for omit, accidentals, degree in _DEGREE.findall(degrees or ""):
        tone = _semitones(accidentals, int(degree))
        tones = tones - {tone} if omit else tones | {tone}
    bass = match["bass"] or "1"
    name = bass.lstrip("b#")
    above = _semitones(bass[: len(bass) - len(name)], int(name)) % 12
    root = _NATURALS[match["root"][0]] + _shift(match["root"][1:])
    return Chord(root % 12, quality, tuple(sorted(tones)), above)


def _semitones(accidentals: str, degree: int) -> int:
    octaves, step = divmod(max(degree, 1) - 1, 7)
    return 12 * octaves + _SCALE[step] + _shift(accidentals)


def _shift(accidentals: str) -> int:
    return accidentals.count("#") - accidentals.count("b")
