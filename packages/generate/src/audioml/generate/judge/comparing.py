"""Songs of a model beside what it was trained on: how far apart, and whether one is a copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import Corpus, decode
from audioml.core.values import Audio

from .copying import Found, cut, nearest
from .embedding import Embedding
from .frechet import frechet
from .held import Excerpt, excerpts
from .sounds import Samples

__all__ = ["WINDOW", "copies", "distances"]

WINDOW = 1.0
"""Seconds of a window that is looked for in what was trained on."""
_LOOKED_FOR = 16  # windows


def distances(
    embed: Embedding,
    songs: Sequence[Samples],
    real: Sequence[Samples],
    heard: Sequence[Samples],
    *,
    rate: int,
) -> dict[str, Any]:
    """Return how far songs are from what was trained on, and how far the anchors are.

    Parameters
    ----------
    embed
        Makes vectors of sound.
    songs, real, heard
        Of the model, of the split that is judged by, and of what was trained on.
    rate
        Hz.
    """
    level = float(np.sqrt(np.mean(np.concatenate(real).astype(np.float64) ** 2)))
    rng = np.random.default_rng(0)
    noise = [np.asarray(rng.normal(0, level, len(song)), np.float32) for song in songs]
    parts = {"songs": songs, "real": real, "noise": noise, "heard": heard}
    clouds = {
        name: np.concatenate([embed(Audio(song[np.newaxis], rate)) for song in each])
        for name, each in parts.items()
    }
    count = min(map(len, clouds.values()))  # the distance depends on how many there are
    even = {name: _spread(cloud, count) for name, cloud in clouds.items()}
    reference = even.pop("heard")
    found = {name: frechet(cloud, reference) for name, cloud in even.items()}
    return {**found, "windows": count}


def copies(
    songs: Sequence[Samples], real: Sequence[Samples], train: Corpus, *, seconds: float
) -> dict[str, Any]:
    """Return what in the training songs is most like the songs, and what is most like real ones.

    ``songs`` and ``real`` are the greatest likeness of any window, the medians those of all; of
    ``of`` seconds, ``searched`` were looked through.
    """
    length = round(WINDOW * train.rate)
    looked = list(excerpts(train, samples=round(seconds * train.rate), least=length))
    places = {
        name: _places(each, looked, train, length)
        for name, each in (("songs", songs), ("real", real))
    }
    found: dict[str, Any] = {}
    for name, each in places.items():
        likenesses = [place.likeness for place in each] or [0.0]
        found[name] = max(likenesses)
        found[f"{name}_median"] = float(np.median(likenesses))
    if places["songs"]:
        best = max(places["songs"], key=lambda place: place.likeness)
        begun = next((each.start for each in looked if each.id == best.id), 0)
        start = (begun + best.start) / train.rate
        found["nearest"] = {"id": best.id, "start": start, "likeness": best.likeness}
    searched = sum(len(each.samples) for each in looked) / train.rate
    return {**found, "searched": searched, "of": train.seconds, "window": WINDOW}


def _places(
    songs: Sequence[Samples], looked: Sequence[Excerpt], train: Corpus, length: int
) -> list[Found]:
    windows = cut(songs, length=length, most=_LOOKED_FOR)
    return nearest(windows, ((e.id, decode(e.samples, train.encoding)) for e in looked))


def _spread(cloud: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return cloud[np.arange(count) * len(cloud) // max(count, 1)]
