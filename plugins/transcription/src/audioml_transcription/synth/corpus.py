"""Scores out of music21's corpus, for building the data set; nothing else needs music21.

Works of the composers in `RESERVED` and Bach's BWV 80 to 99 are kept for tests.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from audioml.core.errors import IntegrityError, MissingDependencyError
from audioml.core.files import shown, write_bytes

from .scores import Score

__all__ = ["RESERVED", "gathered", "is_reserved", "read", "write"]

RESERVED = ("beethoven", "mozart", "haydn", "chopin", "joplin", "schumann")
_RESERVED_BWV = range(80, 100)
_WANTED = {"bach": 150, "schubert": 5, "handel": 10, "corelli": 10, "monteverdi": 25, "weber": 5}
_WANTED |= {"palestrina": 20, "cpebach": 5, "verdi": 5, "josquin": 5, "ciconia": 5, "trecento": 10}
_WANTED |= {"ryansMammoth": 40, "airdsAirs": 10, "leadSheet": 10, "schoenberg": 5, "luca": 5}

_TESTS = {"bach": 6, "beethoven": 8, "chopin": 2, "haydn": 6, "joplin": 2, "mozart": 8}
_TESTS |= {"schumann_clara": 4, "schumann_robert": 4}


def is_reserved(path: str) -> bool:
    """Tell whether a file of music21's corpus is kept for tests."""
    lower = path.lower()
    if any(name in lower for name in RESERVED):
        return True
    number = re.search(r"bwv(\d+)", lower)
    return number is not None and int(number.group(1)) in _RESERVED_BWV


def gathered(*, seed: int = 0, reserved: bool = False) -> list[Score]:
    """Return scores of some three hundred pieces; each takes about two seconds.

    Parameters
    ----------
    seed
        Of the choice.
    reserved
        Those that are kept for tests instead, some forty.

    Raises
    ------
    MissingDependencyError
        If music21 is not installed.
    """
    try:
        from music21 import corpus
    except ImportError as error:
        raise MissingDependencyError(
            "music21 is not installed: pip install 'audioml-transcription[corpus]'"
        ) from error
    rng = np.random.default_rng(seed)
    paths = sorted(Path(path) for path in corpus.getCorePaths())
    found = []
    for composer, count in sorted((_TESTS if reserved else _WANTED).items()):
        own = [p for p in paths if composer in p.parts[-3:-1]]
        own = [p for p in own if is_reserved("/".join(p.parts[-3:])) == reserved]
        for at in rng.permutation(len(own))[:count]:
            score = _parsed(own[at], composer)
            if score is not None and len(score.rows) >= 40:
                found.append(score)
    return found


def _parsed(path: Path, composer: str) -> Score | None:
    from music21 import corpus, exceptions21

    try:
        stream = corpus.parse(str(path))
        opus = stream.scores[0] if getattr(stream, "scores", None) else stream
        rows = [row for part in _parts(opus) for row in part]
    except (exceptions21.Music21Exception, AttributeError, IndexError, KeyError, ValueError):
        return None
    place = len(path.parts) - 1 - path.parts[::-1].index(composer)
    return Score(tuple(sorted(rows)), (50.0, 130.0), "/".join(path.parts[place:]))


def _parts(stream: Any) -> list[list[tuple[float, float, int, int]]]:
    parts = list(getattr(stream, "parts", [])) or [stream]
    return [
        [
            (float(note.offset), float(note.quarterLength), int(pitch.midi), int(index == 0))
            for note in part.stripTies().flatten().notes
            for pitch in note.pitches
            if note.quarterLength > 0
        ]
        for index, part in enumerate(parts)
    ]


def write(path: Path, scores: list[Score]) -> None:
    """Keep scores in a file, for music21 is slow."""
    kept = [{"source": s.source, "tempo": s.tempo, "rows": s.rows} for s in scores]
    write_bytes(path, json.dumps(kept).encode())


def read(path: Path) -> list[Score]:
    """Return the scores that `write` kept.

    Raises
    ------
    IntegrityError
        If the file is not one of those.
    """
    try:
        return [
            Score(
                tuple((float(t), float(d), int(p), int(r)) for t, d, p, r in each["rows"]),
                (float(each["tempo"][0]), float(each["tempo"][1])),
                str(each["source"]),
            )
            for each in json.loads(path.read_bytes())
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"{shown(path)} holds no scores: {error}") from error
