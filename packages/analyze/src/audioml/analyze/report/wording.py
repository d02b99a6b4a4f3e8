"""How the report writes things: chord symbols, chord names in words, and a colour for each root."""

from __future__ import annotations

from audioml.core.chords import Chord, parse

__all__ = ["chord_name", "chord_symbol", "hue", "is_minor", "note_name", "root_of"]

_SHARPS = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_FLATS = ("C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B")
_QUALITIES = {  # quality: what follows the root in a symbol, and in words
    "maj": ("", "major"),
    "min": ("m", "minor"),
    "dim": ("°", "diminished"),
    "aug": ("+", "augmented"),
    "maj6": ("6", "sixth"),
    "min6": ("m6", "minor sixth"),
    "7": ("7", "seventh"),
    "maj7": ("maj7", "major seventh"),
    "min7": ("m7", "minor seventh"),
    "dim7": ("°7", "diminished seventh"),
    "hdim7": ("ø7", "half-diminished seventh"),
    "minmaj7": ("m(maj7)", "minor with major seventh"),
    "aug7": ("+7", "augmented seventh"),
    "sus2": ("sus2", "suspended second"),
    "sus4": ("sus4", "suspended fourth"),
    "9": ("9", "ninth"),
    "maj9": ("maj9", "major ninth"),
    "min9": ("m9", "minor ninth"),
    "5": ("5", "power chord"),
}
_SILENT = {"N": "no chord", "X": "unknown chord"}


def chord_symbol(label: str) -> str:
    """Return a chord label as musicians write it: ``A#:min7/b3`` is A♯m7/C♯."""
    chord = parse(label)
    if chord is None:
        return label
    tail = _QUALITIES.get(chord.quality, (chord.quality, ""))[0]
    over = f"/{_name(chord.root + chord.bass, label)}" if chord.bass else ""
    return f"{_name(chord.root, label)}{tail}{_extensions(label)}{over}"


def chord_name(label: str) -> str:
    """Return a chord label in words: ``A#:min7/b3`` is A sharp minor seventh over C sharp."""
    chord = parse(label)
    if chord is None:
        return _SILENT.get(label, label)
    quality = _QUALITIES.get(chord.quality, ("", chord.quality))[1]
    words = [_name(chord.root, label), quality, _extensions(label)]
    words += ["over", _name(chord.root + chord.bass, label)] if chord.bass else []
    spoken = " ".join(word for word in words if word)
    return spoken.replace("♯", " sharp").replace("♭", " flat")


def root_of(label: str) -> int | None:
    """Return the pitch class of a chord's root, from C = 0, or None where it has none."""
    chord = parse(label)
    return chord.root if chord else None


def is_minor(label: str) -> bool:
    """Tell whether a chord has a minor third and no major one."""
    chord = parse(label)
    return isinstance(chord, Chord) and 3 in chord.tones and 4 not in chord.tones


def hue(pitch_class: int) -> int:
    """Return a hue in degrees; roots a fifth apart are neighbours, so keys look related."""
    return (pitch_class * 7 % 12 * 30 + 255) % 360


def note_name(pitch: int) -> str:
    """Return the name of a MIDI pitch: 60 is C4."""
    return f"{_SHARPS[pitch % 12]}{pitch // 12 - 1}"


def _name(pitch_class: int, label: str) -> str:
    return (_FLATS if "b" in label[1:3].split(":", maxsplit=1)[0] else _SHARPS)[pitch_class % 12]


def _extensions(label: str) -> str:
    return label[label.index("(") : label.index(")") + 1] if "(" in label else ""
