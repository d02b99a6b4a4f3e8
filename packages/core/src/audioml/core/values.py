"""The values that cross every boundary: frozen, numpy arrays only, each with its own clock.

Times are in seconds. A time may be negative: padding can begin before the signal does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ValidationError

__all__ = [
    "Annotation",
    "Audio",
    "Frames",
    "Prediction",
    "Rows",
    "Source",
    "Tensors",
    "concatenate",
]

Tensors = Mapping[str, NDArray[Any]]
"""Named arrays whose axis 0 is the row."""


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ValidationError(f"{name!r} must be a number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValidationError(f"{name!r} must be finite, got {value!r}")
    return float(value)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


class _Value:
    """Pickles and copies as what it was made of, so that copies are checked and frozen too."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        found = (getattr(self, each.name) for each in fields(self))  # type: ignore[arg-type]
        return type(self), tuple(dict(v) if isinstance(v, Mapping) else v for v in found)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number comes from: the model's name, its version and the SHA-256 of its weights."""

    name: str
    version: str
    weights: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}" + (f" ({self.weights[:12]})" if self.weights else "")


@dataclass(frozen=True, slots=True, eq=False)
class Audio(_Value):
    """Sampled sound.

    Parameters
    ----------
    samples
        float32, shape (channels, n), nominally in [-1, 1]; decoders may overshoot. A
        one-dimensional array is taken as one channel; other float types are converted.
    rate
        Sample rate in Hz.
    start
        Time of the first sample in seconds.

    Raises
    ------
    ValidationError
        If the shape, the type or the rate is not as above.
    """

    samples: NDArray[np.float32]
    rate: int
    start: float = 0.0

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if samples.dtype.kind != "f":
            raise ValidationError(
                f"'samples' must be floating point in [-1, 1], got {samples.dtype}; "
                "divide integer samples by their full scale first"
            )
        if samples.ndim == 1:
            samples = samples[np.newaxis]
        if samples.ndim != 2 or samples.shape[0] == 0:
            raise ValidationError(f"'samples' must have shape (channels, n), got {samples.shape}")
        rate = _number("rate", self.rate)
        if rate <= 0 or rate != int(rate):
            raise ValidationError(f"'rate' must be a whole number of Hz above 0, got {self.rate!r}")
        object.__setattr__(self, "samples", _frozen(samples.astype(np.float32, copy=False)))
        object.__setattr__(self, "rate", int(rate))
        object.__setattr__(self, "start", _number("start", self.start))

    @property
    def channels(self) -> int:
        """Return the number of channels."""
        return int(self.samples.shape[0])

    @property
    def duration(self) -> float:
        """Return the length in seconds."""
        return float(self.samples.shape[1] / self.rate)

    @property
    def end(self) -> float:
        """Return the time just after the last sample, in seconds."""
        return self.start + self.duration

    def mono(self) -> Audio:
        """Return the mean of the channels as one channel."""
        if self.channels == 1:
            return self
        if self.channels == 2:  # ten times faster than mean(0), and the same to the last bit
            mixed = (self.samples[0] + self.samples[1]) * np.float32(0.5)
        else:
            mixed = self.samples.mean(axis=0)
        return Audio(mixed, self.rate, self.start)


@dataclass(frozen=True, slots=True, eq=False)
class Rows(_Value):
    """Model inputs: one row per window, or one row for a whole signal.

    Parameters
    ----------
    tensors
        Name to array; axis 0 of every array is the row.
    starts
        float64, shape (rows,): time of each row's first sample in seconds.
    """

    tensors: Tensors
    starts: NDArray[np.float64]

    def __post_init__(self) -> None:
        starts = np.atleast_1d(np.asarray(self.starts, dtype=np.float64))
        if starts.ndim != 1:
            raise ValidationError(f"'starts' must have shape (rows,), got {starts.shape}")
        for name, tensor in self.tensors.items():
            if tensor.ndim == 0 or tensor.shape[0] != len(starts):
                raise ValidationError(
                    f"tensor {name!r} must have {len(starts)} rows as 'starts' has, "
                    f"got shape {tensor.shape}"
                )
        object.__setattr__(self, "tensors", MappingProxyType(dict(self.tensors)))
        object.__setattr__(self, "starts", _frozen(starts))

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows: slice) -> Rows:
        return Rows({name: t[rows] for name, t in self.tensors.items()}, self.starts[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Frames(_Value):
    """Numbers on a regular grid of time.

    Parameters
    ----------
    values
        shape (t, ...): one entry per frame.
    hop
        Seconds from one frame to the next.
    start
        Time of the first frame in seconds.
    labels
        Names along the last axis of ``values``, or empty.
    source
        The model that made them.
    """

    values: NDArray[Any]
    hop: float
    start: float = 0.0
    labels: tuple[str, ...] = ()
    source: Source | None = None

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.ndim == 0:
            raise ValidationError("'values' must have shape (t, ...), got a single number")
        if _number("hop", self.hop) <= 0:
            raise ValidationError(f"'hop' must be above 0 s, got {self.hop!r}")
        labels = tuple(self.labels)
        if labels and (values.ndim < 2 or values.shape[-1] != len(labels)):
            raise ValidationError(f"{len(labels)} labels do not fit values of shape {values.shape}")
        object.__setattr__(self, "values", _frozen(values))
        object.__setattr__(self, "start", _number("start", self.start))
        object.__setattr__(self, "labels", labels)

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @property
    def times(self) -> NDArray[np.float64]:
        """Return the time of each frame in seconds, float64, shape (t,)."""
        return np.arange(len(self), dtype=np.float64) * self.hop + self.start


@dataclass(frozen=True, slots=True, eq=False)
class Annotation(_Value):
    """Events or segments: intervals with a value each.

    Parameters
    ----------
    namespace
        A JAMS namespace, such as ``chord``, ``beat`` or ``note_midi``.
    intervals
        float64, shape (n, 2): start and end of each in seconds; an instant has both equal.
    values
        One value for each interval: text, a number, or None.
    confidence
        float32, shape (n,), or None where the model gives none.
    attributes
        Name to array of shape (n, ...), such as ``velocity``.
    source
        The model that made them.
    """

    namespace: str
    intervals: NDArray[np.float64]
    values: Sequence[Any]
    confidence: NDArray[np.float32] | None = None
    attributes: Tensors = field(default_factory=dict)
    source: Source | None = None

    def __post_init__(self) -> None:
        intervals = np.asarray(self.intervals, dtype=np.float64).reshape(-1, 2)
        count = len(intervals)
        if not np.isfinite(intervals).all():
            raise ValidationError("'intervals' must be finite")
        if (intervals[:, 1] < intervals[:, 0]).any():
            worst = intervals[intervals[:, 1] < intervals[:, 0]][0]
            raise ValidationError(f"an interval ends before it starts: {worst.tolist()}")
        values = tuple(v.item() if isinstance(v, np.generic) else v for v in self.values)
        if len(values) != count:
            raise ValidationError(f"{count} intervals need as many values, got {len(values)}")
        confidence = self.confidence
        if confidence is not None:
            confidence = np.asarray(confidence, dtype=np.float32)
            if confidence.shape != (count,):
                raise ValidationError(
                    f"'confidence' must have shape ({count},), got {confidence.shape}"
                )
            confidence = _frozen(confidence)
        attributes = {name: np.asarray(a) for name, a in self.attributes.items()}
        for name, array in attributes.items():
            if array.ndim == 0 or array.shape[0] != count:
                raise ValidationError(
                    f"attribute {name!r} must have {count} entries, got shape {array.shape}"
                )
        object.__setattr__(self, "intervals", _frozen(intervals))
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "confidence", confidence)
        object.__setattr__(self, "attributes", MappingProxyType(attributes))

    @classmethod
    def instants(
        cls,
        namespace: str,
        times: ArrayLike,
        values: Sequence[Any] | None = None,
        confidence: NDArray[np.float32] | None = None,
    ) -> Annotation:
        """Return events without a length, at ``times`` in seconds, such as beats or onsets."""
        at = np.asarray(times, dtype=np.float64).reshape(-1)
        given = values if values is not None else [None] * len(at)
        return cls(namespace, np.stack([at, at], axis=1), given, confidence)

    def __len__(self) -> int:
        return len(self.values)


class Prediction(Mapping[str, Frames | Annotation]):
    """What an estimator answers: an ordered, read-only mapping from name to value."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Frames | Annotation] | None = None, /) -> None:
        for name, value in (values or {}).items():
            if not isinstance(value, Frames | Annotation):
                raise ValidationError(
                    f"entry {name!r} of a prediction must be Frames or Annotation, "
                    f"got {type(value).__name__}"
                )
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> Frames | Annotation:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        inner = ", ".join(f"{k}: {type(v).__name__}({len(v)})" for k, v in self._values.items())
        return f"Prediction({inner})"

    @property
    def annotations(self) -> dict[str, Annotation]:
        """Return the entries that are annotations."""
        return {k: v for k, v in self._values.items() if isinstance(v, Annotation)}

    @property
    def frames(self) -> dict[str, Frames]:
        """Return the entries that are frames."""
        return {k: v for k, v in self._values.items() if isinstance(v, Frames)}

    def stamped(self, source: Source) -> Prediction:
        """Return the same prediction with ``source`` on every entry that names none."""
        return Prediction(
            {k: v if v.source else replace(v, source=source) for k, v in self._values.items()}
        )


def _join_frames(parts: list[Frames]) -> Frames:
    first, count = parts[0], 0
    for part in parts:
        due = first.start + count * first.hop
        if part.hop != first.hop or abs(part.start - due) > first.hop / 2:
            raise ValidationError(
                f"frames every {part.hop} s from {part.start} s do not follow frames every "
                f"{first.hop} s up to {due} s"
            )
        count += len(part)
    return replace(parts[0], values=np.concatenate([p.values for p in parts]))


def _join_annotations(parts: list[Annotation]) -> Annotation:
    confidence = None
    if all(p.confidence is not None for p in parts):
        confidence = np.concatenate([p.confidence for p in parts if p.confidence is not None])
    names = parts[0].attributes.keys()
    return replace(
        parts[0],
        intervals=np.concatenate([p.intervals for p in parts]),
        values=[v for p in parts for v in p.values],
        confidence=confidence,
        attributes={n: np.concatenate([p.attributes[n] for p in parts]) for n in names},
    )


def concatenate(predictions: Iterable[Prediction]) -> Prediction:
    """Return predictions of consecutive stretches of time as one.

    Raises
    ------
    ValidationError
        If an entry is frames in one part and an annotation in another.
    """
    parts: dict[str, list[Frames | Annotation]] = {}
    for prediction in predictions:
        for name, value in prediction.items():
            parts.setdefault(name, []).append(value)
    joined: dict[str, Frames | Annotation] = {}
    for name, values in parts.items():
        frames = [v for v in values if isinstance(v, Frames)]
        annotations = [v for v in values if isinstance(v, Annotation)]
        if frames and annotations:
            raise ValidationError(f"entry {name!r} is frames in one part and events in another")
        joined[name] = _join_frames(frames) if frames else _join_annotations(annotations)
    return Prediction(joined)
