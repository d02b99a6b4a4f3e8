"""Songs while they are made, for programs: iterators of blocks of sound."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from audioml.core.audio.read import read
from audioml.core.errors import UsageError
from audioml.core.stages import (
    BatchGenerator,
    Generation,
    GenerationOptions,
    Generations,
    Generator,
    ModelSpec,
)
from audioml.core.values import Audio

from .model import DEFAULT, find

__all__ = ["Song", "Songs", "song", "songs"]


def songs(
    model: str | Path | Generator = DEFAULT,
    *,
    count: int = 1,
    seconds: float = 10.0,
    seed: int = 0,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    prompt: Audio | str | Path | None = None,
    genre: str | None = None,
    compat: str | None = None,
    device: str | None = None,
    state: bytes | None = None,
) -> Songs:
    """Return ``count`` songs that are made together, which is quicker than one after the other.

    Parameters
    ----------
    model
        What `audioml.core.load` takes, or a `Generator`; by default the one that is installed.
    count
        Each song has a seed of its own: ``seed``, ``seed + 1`` and so on.
    seconds
        How long each of them becomes.
    temperature, top_k, top_p
        Below 1, a temperature makes the likely likelier, and 0 takes the likeliest always; draw
        from the ``top_k`` likeliest only, or from those that reach the share ``top_p``.
    prompt
        What came before: a recording or its path, at any rate. It is not part of the song.
    genre, compat, device
        What the model offers under these names.
    state
        What `Song.state` was, to go on from there to the last bit, with the seed of then.

    Raises
    ------
    UsageError
        If an option makes no sense to the model.
    AudioError
        If the prompt cannot be read.
    NotFoundError
        If no such model is here.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise UsageError(f"a song's length must be 0 seconds or more, got {seconds!r}")
    if count < 1:
        raise UsageError(f"the number of songs must be 1 or more, got {count!r}")
    if state is not None and count > 1:
        raise UsageError("a state goes on with one song: leave the number of songs out")
    generator = model if isinstance(model, Generator) else find(model)
    given = {"genre": genre, "compat": compat, "device": device, "state": state}
    extra = {name: value for name, value in given.items() if value is not None}
    heard = prompt if prompt is None or isinstance(prompt, Audio) else read(prompt)
    options = [
        GenerationOptions(seconds, seed + i, temperature, top_k, top_p, heard, extra)
        for i in range(count)
    ]
    return Songs(generator.spec, _started(generator, options), options)


def song(model: str | Path | Generator = DEFAULT, **options: Any) -> Song:
    """Return one song; the options are those of `songs`."""
    return Song(songs(model, **options))


class Songs:
    """Songs being made: iterate for tuples of blocks of 0.1 s or so, one block of each song.

    ``spec`` is the model's, ``options`` has one entry for each song.
    """

    def __init__(
        self, spec: ModelSpec, made: Generations, options: Sequence[GenerationOptions]
    ) -> None:
        self.spec = spec
        self.options = tuple(options)
        self._made = made

    def __iter__(self) -> Iterator[tuple[Audio, ...]]:
        """Yield blocks as they are made."""
        return iter(self._made)

    @property
    def states(self) -> tuple[bytes, ...]:
        """Return where each song is, to go on from there."""
        return self._made.states


class Song:
    """A song being made: iterate for blocks; ``state`` continues it to the last bit."""

    def __init__(self, one: Songs) -> None:
        self.spec = one.spec
        self._one = one

    def __iter__(self) -> Iterator[Audio]:
        """Yield blocks as they are made."""
        return (block for (block,) in self._one)

    @property
    def state(self) -> bytes:
        """Return where the song is, to go on from there."""
        return self._one.states[0]


class _InTurn:
    """Songs of a generator that makes one at a time, a block of each in turn."""

    def __init__(self, each: Sequence[Generation]) -> None:
        self._each = each

    def __iter__(self) -> Iterator[tuple[Audio, ...]]:
        return zip(*self._each, strict=True)

    @property
    def states(self) -> tuple[bytes, ...]:
        return tuple(each.state for each in self._each)


def _started(generator: Generator, options: Sequence[GenerationOptions]) -> Generations:
    if isinstance(generator, BatchGenerator):
        return generator.start_many(options)
    return _InTurn([generator.start(each) for each in options])
