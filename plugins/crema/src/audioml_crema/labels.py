"""The chords that crema tells apart, in Harte's notation (Harte et al. 2005)."""

from __future__ import annotations

from audioml.core.chords import PITCHES, QUALITIES

__all__ = ["LABELS", "NO_CHORD", "ROOTS", "UNKNOWN", "inverted"]

NO_CHORD, UNKNOWN = "N", "X"
ROOTS = (*PITCHES, NO_CHORD)
"""What the heads for root and bass tell apart."""

_QUALITIES = (
    *("maj", "min", "dim", "aug", "min6", "maj6", "min7"),
    *("maj7", "7", "dim7", "hdim7", "minmaj7", "sus2", "sus4"),
)

LABELS = tuple(sorted([NO_CHORD, UNKNOWN, *(f"{p}:{q}" for p in PITCHES for q in _QUALITIES)]))
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
