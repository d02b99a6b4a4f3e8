"""A stream cut where sound is missing: what lies on both sides of a gap is never joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from audioml.core.values import Audio

from .base import Block

__all__ = ["Segment", "repaired", "segments"]

_LOUDEST = 1e15  # beyond that, squares may not fit float32; nothing that sounds is near it


class Segment:
    """Sound without a gap.

    ``gap`` tells that some is missing before it, ``start`` when it begins, ``heard`` how many
    seconds of it have been taken, ``loud`` whether any sample of these was not zero since it was
    last set to False, and ``over`` that it has been taken to its end; ``next`` is the block after
    it.
    """

    def __init__(self, first: Block, blocks: Iterator[Block]) -> None:
        self._first, self._blocks = first, blocks
        self.gap = first.lost > 0
        self.start = first.audio.start
        self.rate, self.channels = first.audio.rate, first.audio.channels
        self.heard = 0.0
        self.loud = self.over = False
        self.next: Block | None = None
        self._taken = self._take()

    def __iter__(self) -> Iterator[Audio]:
        return self._taken

    def _take(self) -> Iterator[Audio]:
        block: Block | None = self._first
        samples = 0
        while block is not None and not (samples and block.lost > 0):
            samples += block.audio.samples.shape[1]
            self.heard = samples / self.rate
            self.loud = self.loud or bool(block.audio.samples.any())
            yield block.audio
            block = next(self._blocks, None)
        self.next, self.over = block, True


def segments(blocks: Iterable[Block]) -> Iterator[Segment]:
    """Yield the segments of a stream; what of one was not taken is skipped."""
    rest = repaired(blocks)
    block = next(rest, None)
    while block is not None:
        segment = Segment(block, rest)
        yield segment
        for _ in segment:
            pass
        block = segment.next


def repaired(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks without what is no sound: samples that are not finite are time that is lost."""
    lost = 0.0
    for block in blocks:
        lost += block.lost
        for audio, before in _good(block.audio):
            lost += before
            if audio.samples.shape[1]:
                yield Block(audio, lost)
                lost = 0.0


def _good(audio: Audio) -> Iterator[tuple[Audio, float]]:
    """Yield what is before the first bad sample, and what is after the last."""
    flat = audio.samples.reshape(-1)
    with np.errstate(over="ignore"):
        fine = np.isfinite(np.dot(flat, flat))  # one pass; false wherever a sample is not finite
    bad = (
        np.zeros(0, np.intp)
        if fine
        else np.flatnonzero(~(np.abs(audio.samples) <= _LOUDEST).all(axis=0))
    )
    if not len(bad):
        yield audio, 0.0
        return
    first, after = int(bad[0]), int(bad[-1]) + 1
    yield Audio(audio.samples[:, :first], audio.rate, audio.start), 0.0
    rest = Audio(audio.samples[:, after:], audio.rate, audio.start + after / audio.rate)
    yield rest, (after - first) / audio.rate
