"""From a file to what a model answers, and what was noticed on the way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from audioml.core.audio import conform_blocks, read_blocks
from audioml.core.stages import Estimator
from audioml.core.values import Audio

from .results import Result
from .rows import Found

__all__ = ["Noticed", "analyse"]

log = logging.getLogger(__name__)
_FULL_SCALE = 0.999
_SILENT = 1e-7  # below one step of 24 bits


class Noticed:
    """What is worth knowing of sound as it passes."""

    def __init__(self) -> None:
        self.rate = self.channels = self.samples = 0
        self.peak = 0.0
        self.damage = ""

    def damaged(self, sentence: str) -> None:
        """Take what the reader says of a file that is not whole."""
        self.damage = sentence
        log.info("%s", sentence)

    def watch(self, blocks: Iterable[Audio], check: Callable[[], None]) -> Iterator[Audio]:
        """Yield the blocks as they are; ``check`` is called before each."""
        for block in blocks:
            check()
            self.rate, self.channels = block.rate, block.channels
            self.samples += block.samples.shape[1]
            low, high = block.samples.min(initial=0.0), block.samples.max(initial=0.0)
            self.peak = max(self.peak, float(high), -float(low))
            yield block

    def flags(self, spec_rate: int | None, window: float | None) -> tuple[str, ...]:
        """Return what was noticed, in one word each."""
        noticed = {
            "silent": self.peak < _SILENT,
            "clipped": self.peak >= _FULL_SCALE,
            "short": window is not None and self.duration < window,
            "resampled": spec_rate is not None and self.rate != spec_rate,
        }
        return tuple(flag for flag, true in noticed.items() if true)

    @property
    def duration(self) -> float:
        """Return how much sound passed, in seconds."""
        return self.samples / self.rate if self.rate else 0.0


def analyse(
    folder: Path,
    found: Found,
    estimator: Estimator,
    *,
    check: Callable[[], None] = lambda: None,
) -> Result:
    """Return what a model answers for a file.

    ``check`` is called now and then, and may raise.

    Raises
    ------
    AudiomlError
        If the file is no audio, or the model cannot take it.
    """
    began = time.perf_counter()
    noticed, spec = Noticed(), estimator.spec
    read = read_blocks(folder / found.path, damaged=noticed.damaged)
    blocks = conform_blocks(noticed.watch(read, check), spec)
    prediction = estimator.predict_blocks(blocks)
    extractor = getattr(estimator, "extractor", None)
    return Result(
        key=found.key,
        name=found.path,
        prediction=prediction,
        spec=spec,
        status="truncated" if noticed.damage else "ok",
        flags=noticed.flags(spec.rate, getattr(extractor, "window", None)),
        rate=noticed.rate,
        channels=noticed.channels,
        duration=noticed.duration,
        seconds=time.perf_counter() - began,
        recorded=found.mtime_ns / 1e9 - noticed.duration,  # it was closed when it ended
    )
