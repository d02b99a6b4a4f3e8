"""What is told of a result: one record for the input, one for each window, one for each event.

A record's ``id`` depends on the input, the model and the place in the input alone, so that the
same work done twice gives the same ids.
"""

from __future__ import annotations

import functools
import hashlib
import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import compress
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import UsageError
from audioml.core.stages import ModelSpec
from audioml.core.values import Annotation, Frames

from .results import Result
from .sinks.base import Event
from .sinks.lines import encodable

__all__ = ["Records", "record_id", "smoothed", "utc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Turns a result into records: that of the file first, then windows, then events.

    Parameters
    ----------
    kind
        ``windows``, ``files`` or ``both``. Events of the prediction, such as chords, come with
        the windows.
    threshold
        What a score must reach to be named in ``above``: one number, or one for each label that
        matters. Smoothed scores are compared.
    smoothing
        Length in seconds of a centred moving average over windows; at the ends, and next to
        windows without a finite score, over those that there are. 0 leaves scores as they are.
        The file's mean is never smoothed.
    top
        Keep this many of the highest scores in each record; None keeps all.
    window
        Length of a window in seconds; None takes the hop.
    values
        Whether the records of windows hold the ``embedding`` too: the numbers of the first head
        without labels.
    """

    kind: Literal["windows", "files", "both"] = "both"
    threshold: float | Mapping[str, float] | None = None
    smoothing: float = 0.0
    top: int | None = None
    window: float | None = None
    values: bool = False

    def __post_init__(self) -> None:
        if self.kind not in {"windows", "files", "both"}:
            raise UsageError(f"'kind' must be windows, files or both, got {self.kind!r}")
        if not (math.isfinite(self.smoothing) and self.smoothing >= 0):
            raise UsageError(f"'smoothing' must be 0 or more seconds, got {self.smoothing!r}")
        for limit in _each(self.threshold):
            if not isinstance(limit, int | float) or not math.isfinite(limit):
                raise UsageError(f"'threshold' must be a number, or one a label, got {limit!r}")
        if self.top is not None and self.top < 1:
            raise UsageError(f"'top' must be 1 or more, got {self.top!r}")
        if self.window is not None and not (math.isfinite(self.window) and self.window > 0):
            raise UsageError(f"'window' must be above 0 s, got {self.window!r}")

    def __call__(self, result: Result, /) -> list[Event]:
        """Return the records of one result, in order."""
        scores = _Scores.of(result.scores, self)
        records = [self._file(result, scores)] if self.kind != "windows" else []
        if self.kind != "files":
            records += self._windows(result, scores)
            records += _happenings(result)
        return records

    def check(self, labels: Sequence[str]) -> None:
        """Raise a `UsageError` if a threshold is for none of a model's labels."""
        wanted = self.threshold if isinstance(self.threshold, Mapping) else {}
        if unknown := [label for label in wanted if label not in labels]:
            raise UsageError(
                f"a threshold is given for {unknown[0]!r}, which is none of the model's labels: "
                f"{', '.join(labels) or 'it has none'}"
            )

    @staticmethod
    def bad(key: str, name: str, reason: str, spec: ModelSpec, recorded: float) -> Event:
        """Return the record of an input that could not be analysed.

        ``reason`` is one sentence, ``recorded`` is in seconds since 1970.
        """
        about = {"time": utc(recorded), "status": "bad", "reason": encodable(reason)}
        made = {"host": _host(), "model": _model(spec)}
        return _event("bad", record_id(key, spec, "bad"), name, {"key": key, **about, **made})

    def _file(self, result: Result, scores: _Scores | None) -> Event:
        data: dict[str, Any] = {
            "key": result.key,
            "time": utc(result.recorded),
            "status": result.status,
            "flags": list(result.flags),
            "duration": _number(result.duration),
            "rate": result.rate,
            "channels": result.channels,
            "windows": len(result.starts if scores is None else scores.values),
            "scores": scores.named(scores.means, self.top) if scores else {},
            "peaks": scores.named(scores.peaks, self.top) if scores else {},
        }
        if scores and scores.above is not None:
            counts = scores.above.sum(axis=0).tolist()
            data["above"] = {label: n for label, n in zip(scores.labels, counts, strict=True) if n}
        data["seconds"] = _number(result.seconds)
        data["rtf"] = _number(result.duration / result.seconds) if result.seconds > 0 else None
        data |= {"host": _host(), "model": _model(result.spec)}
        return _event("file", record_id(result.key, result.spec, "file"), result.name, data)

    def _windows(self, result: Result, scores: _Scores | None) -> Iterator[Event]:
        grid = _grid(result)
        if grid is None:
            return
        window, model = self.window or grid.hop, _model(result.spec)
        rows = scores.rows(self.top) if scores else None
        above = scores.over() if scores else None
        embedding = _embedding(result) if self.values else None
        for index, start in enumerate(grid.times.tolist()):
            data: dict[str, Any] = {"key": result.key, "window": result.first + index}
            data |= _span(start, start + window)
            data["time"] = utc(result.recorded, start)
            if rows is not None:
                data["scores"] = rows[index]
            if above is not None:
                data["above"] = above[index]
            if embedding is not None and index < len(embedding):
                data["embedding"] = _numbers(embedding[index].ravel())
            if result.flags and self.kind == "windows":  # else the record of the file has them
                data["flags"] = list(result.flags)
            data["model"] = model
            name = record_id(result.key, result.spec, "window", index)
            yield _event("window", name, result.name, data)


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """Scores of an input: ``values`` and ``above`` of shape (windows, labels), the rest (labels,).

    ``values`` and ``peaks`` are smoothed, ``means`` are not.
    """

    labels: tuple[str, ...]
    values: NDArray[np.float32]
    means: NDArray[np.float64]
    peaks: NDArray[np.float32]
    above: NDArray[np.bool_] | None

    @classmethod
    def of(cls, frames: Frames | None, records: Records) -> _Scores | None:
        if frames is None:
            return None
        raw = frames.values.astype(np.float32, copy=False)
        values = smoothed(raw, round(records.smoothing / frames.hop))
        labels = tuple(encodable(label) for label in frames.labels)
        above = None
        if records.threshold is not None:
            above = np.isfinite(values) & (values >= _limits(frames.labels, records.threshold))
        peaks = np.where(np.isfinite(values), values, -np.inf).max(axis=0, initial=-np.inf)
        return cls(labels, values, _mean(raw), peaks, above)

    def named(self, row: NDArray[Any], top: int | None) -> dict[str, float | None]:
        """Return one row, shape (labels,), by label; the highest first where some are left out."""
        if top is None:
            return dict(zip(self.labels, _numbers(row), strict=True))
        best = np.argsort(-row, kind="stable")[:top]
        return {self.labels[i]: each for i, each in zip(best, _numbers(row[best]), strict=True)}

    def rows(self, top: int | None) -> list[dict[str, float | None]]:
        """Return what `named` does, for every window."""
        if top is not None:
            return [self.named(row, top) for row in self.values]
        every, labels, step = _numbers(self.values.ravel()), self.labels, len(self.labels)
        return [
            dict(zip(labels, every[i : i + step], strict=True)) for i in range(0, len(every), step)
        ]

    def over(self) -> list[list[str]] | None:
        """Return the labels that are at or over their threshold, for every window."""
        if self.above is None:
            return None
        return [list(compress(self.labels, row)) for row in self.above.tolist()]


def smoothed(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return a centred moving average over rows, shape (windows, labels) as ``values``.

    ``width`` is a number of rows; an even one is made odd by one more. What is not finite is left
    out; where nothing is finite the answer is NaN.
    """
    reach, count = width // 2, len(values)
    if reach < 1 or count < 2:
        return values
    finite = np.isfinite(values)
    sums = np.zeros((count + 1, values.shape[1]))
    numbers = np.zeros_like(sums)
    np.cumsum(np.where(finite, values, 0), axis=0, dtype=np.float64, out=sums[1:])
    np.cumsum(finite, axis=0, dtype=np.float64, out=numbers[1:])
    rows = np.arange(count)
    first, last = np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, count)
    with np.errstate(invalid="ignore"):
        return ((sums[last] - sums[first]) / (numbers[last] - numbers[first])).astype(np.float32)


def _mean(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean of the finite rows, shape (labels,); NaN where there is none."""
    finite = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        sums = np.where(finite, values, 0).sum(axis=0, dtype=np.float64)
        return np.asarray(sums / finite.sum(axis=0), dtype=np.float64)


def _each(threshold: float | Mapping[str, float] | None) -> list[float]:
    if isinstance(threshold, Mapping):
        return list(threshold.values())
    return [] if threshold is None else [threshold]


def _limits(labels: Sequence[str], threshold: float | Mapping[str, float]) -> NDArray[np.float32]:
    if not isinstance(threshold, Mapping):
        return np.full(len(labels), threshold, np.float32)
    return np.array([threshold.get(label, np.inf) for label in labels], np.float32)


def _grid(result: Result) -> Frames | None:
    """Return the frames whose times are those of the windows."""
    scores = result.scores
    return scores if scores is not None else next(iter(result.heads.values()), None)


def _embedding(result: Result) -> NDArray[Any] | None:
    """Return the numbers of the first head without labels, shape (windows, ...)."""
    return next((head.values for head in result.heads.values() if not head.labels), None)


def _happenings(result: Result) -> Iterator[Event]:
    """Yield one record for each event of the prediction."""
    index = 0
    for annotation in result.prediction.annotations.values():
        for row in range(len(annotation)):
            yield _happening(result, annotation, row, index)
            index += 1


def _happening(result: Result, annotation: Annotation, row: int, index: int) -> Event:
    start, end = annotation.intervals[row].tolist()
    sure = annotation.confidence
    data = {
        "key": result.key,
        "namespace": annotation.namespace,
        **_span(start, end),
        "time": utc(result.recorded, start),
        "value": _plain(annotation.values[row]),
        "confidence": None if sure is None else _number(sure[row]),
        "model": _model(result.spec),
    }
    return _event("event", record_id(result.key, result.spec, "event", index), result.name, data)


def record_id(key: str, spec: ModelSpec, kind: str, index: int | str = "") -> str:
    """Return what names a record wherever and however often it is made, 20 hexadecimal digits."""
    model = f"{spec.weights or spec.name}-{spec.manifest or spec.version}"
    text = f"{key}|{model}|{kind}|{index}".encode(errors="surrogateescape")
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()[:20]


def utc(recorded: float, start: float = 0.0) -> str | None:
    """Return seconds since 1970 as ISO 8601 in UTC, to the millisecond; None where unknown."""
    if not recorded > 0:
        return None
    try:
        moment = datetime.fromtimestamp(recorded + start, UTC)
    except (ValueError, OverflowError, OSError):  # a clock that is centuries off
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(kind: str, name: str, of: str, data: Mapping[str, Any]) -> Event:
    return Event(name, {"kind": kind, "id": name, "name": encodable(of), **data})


def _span(start: float, end: float) -> dict[str, float]:
    return {"t_start": round(start, 6), "t_end": round(end, 6)}


def _number(value: float | np.floating[Any]) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _numbers(values: NDArray[Any]) -> list[float | None]:
    """Return what `_number` does for each of an array of shape (n,), fast if there are many."""
    if len(values) < 50:
        return [_number(value) for value in values.tolist()]
    wide = values.astype(np.float64)
    size = np.abs(wide)
    ordinary = (size < 1e5) & (size > 1e-17) | (size == 0)
    if not ordinary.all():
        return [_number(value) for value in values.tolist()]
    exponent = 5 - np.floor(np.log10(np.where(size, size, 1)))
    scale = 10.0**exponent  # exact up to 1e22, so that the quotient is the shortest number
    return (np.rint(wide * scale) / scale).tolist()  # type: ignore[no-any-return]


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    return _number(value) if isinstance(value, float) else encodable(str(value))


def _model(spec: ModelSpec) -> dict[str, str]:
    return {"name": spec.name, "version": spec.version, "sha256": spec.weights}


@functools.cache
def _host() -> str:
    return platform.node()
