"""Runs a model on sound as it arrives."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from audioml.core.audio.conform import conform_blocks
from audioml.core.errors import AudioError
from audioml.core.stages import Estimator, ModelSpec
from audioml.core.values import Audio, Frames, Prediction

from ..results import Result
from .base import Stream
from .segments import Segment, segments

__all__ = ["analyse", "lock_for"]

log = logging.getLogger(__name__)
_T = TypeVar("_T")


def analyse(
    stream: Stream, estimator: Estimator, /, *, lock: threading.Lock | None = None
) -> Iterator[Result]:
    """Yield a result whenever the sound that came completes one.

    Where sound is missing, everything begins anew: features, resampling and decoding never see
    what lies before a gap and after it as one. A model that answers for whole signals answers
    once for each segment between gaps. Samples that are not finite are missing sound.

    Parameters
    ----------
    stream
        The sound; taken to its end.
    estimator
        The model.
    lock
        Held while the model works, and never while sound is waited for; see `lock_for`.

    Raises
    ------
    AudioError
        If the sound cannot be brought to what the model takes.
    """
    turn, windows = _Turn(lock), 0
    for segment in segments(stream.blocks):
        results = _Results(stream, estimator.spec, segment, windows)
        for prediction in _answers(segment, estimator, turn):
            yield results.next(prediction, turn.worked())
        windows = results.windows


def lock_for(estimator: Estimator) -> threading.Lock | None:
    """Return the lock that streams side by side must share, or None where they need none."""
    session = getattr(estimator, "session", None)
    return None if getattr(session, "concurrent", False) else threading.Lock()


def _answers(segment: Segment, estimator: Estimator, turn: _Turn) -> Iterator[Prediction]:
    def answers() -> Iterator[Prediction]:
        blocks = conform_blocks(turn.without(segment), estimator.spec)
        yield from estimator.stream(blocks)

    try:
        yield from turn.each(answers())
    except AudioError as error:
        if not segment.over or (segment.next is None and not segment.gap):
            raise
        log.warning("%.3f s of sound between gaps gave nothing: %s", segment.heard, error)


class _Results:
    """The results of a segment, one after another; ``windows`` were before in the stream."""

    def __init__(self, stream: Stream, spec: ModelSpec, segment: Segment, windows: int) -> None:
        self._stream, self._spec, self._segment = stream, spec, segment
        self.windows = windows
        self._number, self._told = 0, 0.0

    def next(self, prediction: Prediction, seconds: float) -> Result:
        """Return the result that tells of all that was heard since the one before it."""
        segment, stream = self._segment, self._stream
        at = _first(prediction, segment.start + self._told)
        result = Result(
            key=_key(stream, at, self._number),
            name=stream.name,
            prediction=prediction,
            spec=self._spec,
            flags=self._flags(),
            rate=segment.rate,
            channels=segment.channels,
            duration=segment.heard - self._told,
            seconds=seconds,
            recorded=stream.began,  # times are counted from there
            first=self.windows,
        )
        self.windows += len(result.starts)
        self._number, self._told, segment.loud = self._number + 1, segment.heard, False
        return result

    def _flags(self) -> tuple[str, ...]:
        noticed = {
            "gap": self._segment.gap and not self._number,
            "resampled": self._spec.rate not in (None, self._segment.rate),
            "silent": self._segment.heard > self._told and not self._segment.loud,
        }
        return tuple(flag for flag, is_so in noticed.items() if is_so)


def _first(prediction: Prediction, default: float) -> float:
    """Return the first time in seconds that a prediction speaks of."""
    times = [
        value.start if isinstance(value, Frames) else float(value.intervals[0, 0])
        for value in prediction.values()
        if len(value)
    ]
    return min(times, default=default)


def _key(stream: Stream, at: float, number: int) -> str:
    text = f"{stream.name}|{stream.began!r}|{at:.6f}|{number}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:20]


class _Turn:
    """The time in which a model works, alone if there is a lock, apart from waiting for sound."""

    def __init__(self, lock: threading.Lock | None) -> None:
        self._lock = lock
        self._since = self._worked = 0.0

    def each(self, answers: Iterator[_T]) -> Iterator[_T]:
        """Yield answers; each is worked for within a turn, which ends before it is yielded."""
        while True:
            self._begin()
            try:
                answer = next(answers, None)
            finally:
                self._end()
            if answer is None:
                return
            yield answer

    def without(self, blocks: Iterable[Audio]) -> Iterator[Audio]:
        """Yield what the model asks for within its turn, which rests while that is waited for."""
        waiting = iter(blocks)
        while True:
            self._end()
            try:
                block = next(waiting, None)
            finally:
                self._begin()
            if block is None:
                return
            yield block

    def worked(self) -> float:
        """Return the seconds of work since this was last asked."""
        worked, self._worked = self._worked, 0.0
        return worked

    def _begin(self) -> None:
        if self._lock is not None:
            self._lock.acquire()
        self._since = time.perf_counter()

    def _end(self) -> None:
        self._worked += time.perf_counter() - self._since
        if self._lock is not None:
            self._lock.release()
