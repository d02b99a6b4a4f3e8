"""Which label file belongs to which audio file, told by their names and by nothing else.

Names are compared in rounds, the strictest first: the same path but for its ending; the same
path but for case and for folders such as ``audio`` and ``labels``; the same stem, once on either
side; and stems that differ by words of a common pattern, as ``song_mix.wav`` and
``song_notes.mid`` do. What a round finds more than one partner for is ambiguous and is never
paired; numbers are never taken for a pattern.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from .naming import folders, is_role, stem, words

__all__ = ["Pairing", "pair"]

_Edge = tuple[str, str]
_Affix = tuple[tuple[str, ...], tuple[str, ...]]
_MOST = 2  # words of a name that a pattern may take away


@dataclass(frozen=True, slots=True)
class Pairing:
    """Audio and label files, each in exactly one place.

    Parameters
    ----------
    pairs
        Audio file to label file.
    ambiguous
        Audio file to the label files that it may belong to.
    audio, labels
        Files without a partner.
    """

    pairs: dict[str, str]
    ambiguous: dict[str, tuple[str, ...]]
    audio: tuple[str, ...]
    labels: tuple[str, ...]


def pair(audio: Iterable[str], labels: Iterable[str], /) -> Pairing:
    """Return which label file belongs to which audio file.

    Parameters
    ----------
    audio, labels
        Paths with ``/`` between folders, from one common folder; their order does not matter.
    """
    table = _Table(sorted(set(audio)), sorted(set(labels)))
    table.settle(_equal(table, _exact))
    table.settle(_equal(table, lambda path: (folders(path), stem(path))))
    table.settle(_nearest(table))
    table.settle([e for e in _equal(table, stem) if _may_move(*e)])
    for place in (folders, lambda _path: ()):
        ranked = _patterns(table, place)  # of names alone, where the folders did not help
        for rank in sorted(ranked):
            table.settle(e for e in ranked[rank] if e[0] in table.audio and e[1] in table.labels)
    return Pairing(
        dict(sorted(table.pairs.items())),
        {name: tuple(sorted(found)) for name, found in sorted(table.ambiguous.items())},
        tuple(table.audio),
        tuple(table.labels),
    )


class _Table:
    """What is paired, and what is left on either side."""

    def __init__(self, audio: list[str], labels: list[str]) -> None:
        self.audio, self.labels = dict.fromkeys(audio), dict.fromkeys(labels)
        self.pairs: dict[str, str] = {}
        self.ambiguous: dict[str, set[str]] = {}

    def settle(self, edges: Iterable[_Edge]) -> None:
        """Pair those that have nobody else; all others that are named here are ambiguous."""
        edges = sorted(set(edges))
        ours, theirs = Counter(a for a, _ in edges), Counter(b for _, b in edges)
        for a, b in edges:
            if ours[a] == theirs[b] == 1:
                self.pairs[a] = b
            else:
                self.ambiguous.setdefault(a, set()).add(b)
            self.audio.pop(a, None)
            self.labels.pop(b, None)


def _exact(path: str) -> str:
    return str(PurePosixPath(path).with_suffix(""))


def _grouped(paths: Iterable[str], key: Callable[[str], Hashable]) -> dict[Hashable, list[str]]:
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for path in paths:
        groups[key(path)].append(path)
    return groups


def _equal(table: _Table, key: Callable[[str], Hashable]) -> list[_Edge]:
    ours, theirs = _grouped(table.audio, key), _grouped(table.labels, key)
    return [(a, b) for each in ours for a in ours[each] for b in theirs.get(each, ())]


def _nearest(table: _Table) -> list[_Edge]:
    """Return files of one stem that share their last folders, as ``wavs/cd1/01`` and ``x/cd1/01``.

    Only where either is the other's best; what is as near to two is left to be ambiguous.
    """
    edges = {(a, b): _shared(folders(a), folders(b)) for a, b in _equal(table, stem)}
    best: dict[tuple[int, str], int] = defaultdict(int)
    for (a, b), near in edges.items():
        best[0, a], best[1, b] = max(best[0, a], near), max(best[1, b], near)
    return [e for e, near in edges.items() if 0 < near == best[0, e[0]] == best[1, e[1]]]


def _shared(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Return how many of the last folders are the same."""
    count = 0
    for ours, theirs in zip(reversed(a), reversed(b), strict=False):
        if ours != theirs:
            break
        count += 1
    return count


def _may_move(audio: str, label: str) -> bool:
    """Tell whether one stem in two folders can be one piece; ``cd1/01`` and ``cd2/01`` are not."""
    names = [word for word in words(stem(audio)) if not is_role(word)]
    telling = any(letter.isalpha() for letter in "".join(names))
    return telling or folders(audio) == folders(label) or not (folders(audio) and folders(label))


def _patterns(
    table: _Table, place: Callable[[str], Hashable]
) -> dict[tuple[int, int], list[_Edge]]:
    """Return pairs whose stems differ by a pattern, by how far the pattern has to be trusted."""
    ours, theirs = _cores(table.audio, place), _cores(table.labels, place)
    found: dict[tuple[_Affix, _Affix], list[_Edge]] = defaultdict(list)
    for core in sorted(ours.keys() & theirs.keys(), key=repr):
        for a, off_audio in ours[core]:
            for b, off_label in theirs[core]:
                if off_audio != off_label and _may_move(a, b):
                    found[off_audio, off_label].append((a, b))
    ranked: dict[tuple[int, int], list[_Edge]] = defaultdict(list)
    for pattern, edges in found.items():
        rank = _rank(pattern, len({a for a, _ in edges} if edges else ()))
        if rank is not None:
            ranked[rank] += edges
    return ranked


def _cores(
    paths: Iterable[str], place: Callable[[str], Hashable]
) -> dict[Hashable, list[tuple[str, _Affix]]]:
    """Return what is left of each stem when words are taken from its front or its end."""
    cores: dict[Hashable, list[tuple[str, _Affix]]] = defaultdict(list)
    for path in paths:
        for core, affix in _cuts(words(stem(path))):
            cores[place(path), core].append((path, affix))
    return cores


def _cuts(name: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], _Affix]]:
    yield name, ((), ())
    for count in range(1, min(_MOST, len(name) - 1) + 1):
        if all(map(_may_go, name[:count])):
            yield name[count:], (name[:count], ())
        if all(map(_may_go, name[-count:])):
            yield name[:-count], ((), name[-count:])


def _may_go(word: str) -> bool:
    return is_role(word) or not any(letter.isdigit() for letter in word)


def _rank(pattern: tuple[_Affix, _Affix], support: int) -> tuple[int, int] | None:
    """Return how far a pattern has to be trusted, the least first; None where it must not be."""
    sides = [[word for part in affix for word in part] for affix in pattern]
    odd = [sum(not is_role(word) for word in side) for side in sides]
    if all(odd):  # bach_prelude and chopin_prelude
        return None
    if any(odd) and support < 2:
        return None
    return sum(odd), sum(map(len, sides))
