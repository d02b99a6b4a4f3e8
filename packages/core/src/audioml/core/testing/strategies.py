"""Hypothesis strategies: sound of every form that a decoder may hand out.

Hypothesis is imported when a strategy is made; ``pip install audioml-core[testing]`` brings it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..values import Audio

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["audio", "blocks"]

_RATES = (8000, 16000, 22050, 44100, 48000)


def audio(
    *,
    rates: Sequence[int] = _RATES,
    channels: Sequence[int] = (1, 2),
    min_seconds: float = 0.0,
    max_seconds: float = 0.5,
    level: float = 1.0,
) -> SearchStrategy[Audio]:
    """Return a strategy of sounds: silence, single samples, noise, full scale, odd lengths.

    Parameters
    ----------
    rates
        Sample rates in Hz to choose from.
    channels
        Numbers of channels to choose from.
    min_seconds, max_seconds
        Shortest and longest, in seconds.
    level
        The largest sample; more than 1 is what some decoders give.
    """
    from hypothesis import strategies as st

    @st.composite
    def drawn(draw: st.DrawFn) -> Audio:
        rate = draw(st.sampled_from(list(rates)))
        shortest, longest = round(min_seconds * rate), round(max_seconds * rate)
        count = draw(st.integers(shortest, longest))
        shape = (draw(st.sampled_from(list(channels))), count)
        # a seed in place of thousands of numbers: drawn quickly, and shrunk to silence
        seed, loudness = draw(st.integers(0, 2**32 - 1)), draw(st.floats(0.0, level, width=32))
        values = np.random.Generator(np.random.PCG64(seed)).uniform(-1.0, 1.0, shape)
        start = draw(st.floats(-10.0, 10.0, allow_nan=False))
        return Audio((loudness * values).astype(np.float32), rate, start)

    return drawn()


def blocks(of: Audio) -> SearchStrategy[list[Audio]]:
    """Return a strategy of ways to cut a sound into blocks, empty ones among them."""
    from hypothesis import strategies as st

    count = of.samples.shape[1]

    def cut(places: list[int]) -> list[Audio]:
        edges = [0, *sorted(places), count]
        return [
            Audio(of.samples[:, a:b], of.rate, of.start + a / of.rate)
            for a, b in itertools.pairwise(edges)
        ]

    return st.lists(st.integers(0, count), max_size=8).map(cut)
