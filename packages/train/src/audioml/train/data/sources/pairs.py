"""Audio files and the label files that bear their names."""

from __future__ import annotations

from ..files import audio_files, label_files, names_of
from ..items import Found, Item, Problem
from ..pairing import Pairing, pair
from ..settings import Settings
from ..splitting import named_split

__all__ = ["parse", "split_in"]


def parse(settings: Settings) -> Found:
    """Return the recordings of a folder, each with the labels that bear its name."""
    audio = audio_files(settings)
    names, root = names_of(audio), settings.source_path
    if settings.label_ext is None:
        paired = Pairing(dict.fromkeys(audio, ""), {}, (), ())
    else:
        paired = pair(audio, label_files(settings, audio))
    items = [
        Item(
            name=names[path],
            audio=root / path,
            label=root / label if label else None,
            split=split_in(path),
        )
        for path, label in paired.pairs.items()
    ]
    return Found(tuple(items), tuple(_problems(paired)))


def split_in(path: str) -> str | None:
    """Return the split that the first folder of a path names, if it does."""
    first, _, rest = path.partition("/")
    try:
        return named_split(first) if rest else None
    except ValueError:
        return None


def _problems(paired: Pairing) -> list[Problem]:
    found = [
        Problem("ambiguous", audio, f"may belong to {' or '.join(labels)}")
        for audio, labels in paired.ambiguous.items()
    ]
    found += [
        Problem("audio without labels", name, "no label file bears its name")
        for name in paired.audio
    ]
    found += [
        Problem("labels without audio", name, "no audio file bears their name")
        for name in paired.labels
    ]
    return found
