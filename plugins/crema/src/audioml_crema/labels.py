"""The chords that crema tells apart, in Harte's notation (Harte et al. 2005)."""

from __future__ import annotations

__all__ = ["LABELS", "NO_CHORD", "PITCHES", "QUALITIES", "ROOTS", "UNKNOWN", "inverted"]

PITCHES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
NO_CHORD, UNKNOWN = "N", "X"
ROOTS = (*PITCHES, NO_CHORD)
"""What the heads for root and bass tell apart."""

QUALITIES = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "min6": (0, 3, 7, 9),
    "maj6": (0, 4, 7, 9),
    "min7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "7": (0, 4, 7, 10),
    "dim7": (0, 3, 6, 9),
    "hdim7": (0, 3, 6, 10),
    "minmaj7": (0, 3, 7, 11),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
}
"""Quality to its tones, in semitones over the root."""

LABELS = tuple(sorted([NO_CHORD, UNKNOWN, *(f"{p}:{q}" for p in PITCHES for q in QUALITIES)]))
"""The 170 tags in the network's order."""

_DEGREES = ("1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7")


def inverted(label: str, bass: int) -> str:
    """Return a chord over a bass, such as ``C:maj/3``.

    Parameters
    ----------
    label
        One of `LABELS`.
    bass
        Index into `ROOTS`. A bass that is no tone of the chord changes nothing.
    """
    root, _, quality = label.partition(":")
    if not quality or ROOTS[bass] == NO_CHORD:
        return label
    above = (bass - PITCHES.index(root)) % 12
    if above == 0 or above not in QUALITIES[quality]:
        return label
    return f"{label}/{_DEGREES[above]}"
