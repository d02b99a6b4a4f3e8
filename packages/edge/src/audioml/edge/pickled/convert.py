"""Finds the description that does what a pickle does, by what both make of the same signals."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio.conform import conform
from audioml.core.errors import AudioError, PluginError, ValidationError
from audioml.core.features import LogMel
from audioml.core.features.windows import Pad
from audioml.core.files import shown, write_bytes
from audioml.core.stages import ModelSpec
from audioml.core.values import Audio

from ..sonyc import sonyc_v1
from .allowed import allowed
from .describe import described
from .export import check_free
from .probes import one_window, whole_signals
from .reading import keywords, read
from .worker import Worker

__all__ = ["Converted", "convert"]

_NEAR = 1e-3  # dB: a hundred times what single precision makes
_OTHER_RATE = 48000  # Hz, of SONYC's recordings
_KEYWORDS = {  # of SONYC's function, and what `LogMel` calls them
    "target_sr": "rate",
    "duration": "window",
    "hop_size": "hop",
    "n_fft": "n_fft",
    "mel_hop_len": "hop_length",
    "n_mels": "n_mels",
    "fmin": "fmin",
    "fmax": "fmax",
}
_CHOICES: dict[str, Sequence[Any]] = {  # the first ones are SONYC's
    "power": (1.0, 2.0),
    "htk": (True, False),
    "norm": ("slaney", None),
    "pad_mode": ("constant", "reflect"),
    "center": (True, False),
}
_SCALES: tuple[dict[str, Any], ...] = (
    {"log": "db", "top_db": 80.0},
    {"log": "db", "top_db": None},
    {"log": "db", "top_db": 80.0, "ref": "max"},
    {"log": "ln", "top_db": None},
    {"log": "log10", "top_db": None},
)
_DECIBELS = {"db": 1.0, "ln": 10.0 / math.log(10.0), "log10": 10.0}
_PADS: tuple[Pad, ...] = ("center", "zero", "short", "drop")


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written, and how near it comes.

    Parameters
    ----------
    path
        The description.
    features
        What it describes.
    difference
        The largest difference to the pickle at the features' own rate, in dB.
    resampled
        The same for audio of 48 kHz, which both resample, each in its way; None where the pickle
        takes none.
    """

    path: Path
    features: LogMel
    difference: float
    resampled: float | None


def convert(path: Path, *, force: bool = False) -> Converted:
    """Write ``X.toml`` that does what ``X.pkl`` does, if there is one.

    Raises
    ------
    OutputError
        If ``X.toml`` is there already.
    UntrustedError
        If the pickle was not allowed.
    PluginError
        If no description comes near enough, or the pickle cannot be run.
    """
    target = path.with_suffix(".toml")
    check_free(target, force=force)
    data = allowed(path)
    worker = Worker(data, name=shown(path), timeout=120.0, memory_mb=4096)
    try:
        features, difference = _nearest(_start(keywords(read(data))), worker)
        if difference > _NEAR:
            raise PluginError(
                f"no description does what {shown(path)} does: the nearest ({_told(features)}) "
                f"{_apart(difference)}; keep the pickle"
            )
        resampled = _resampled(features, worker)
    finally:
        worker.close()
    note = f"As {shown(path.name)} has them, to {difference:.1e} dB."
    write_bytes(target, described(features, note=note).encode())
    return Converted(target, features, difference, resampled)


def _start(told: Mapping[str, Any]) -> LogMel:
    """Return the candidate that the keywords of the pickle name."""
    found = {ours: told[theirs] for theirs, ours in _KEYWORDS.items() if told.get(theirs)}
    try:
        return sonyc_v1(**found)
    except (TypeError, ValueError) as error:
        raise PluginError(f"the keywords of the pickle describe no features: {error}") from error


def _nearest(start: LogMel, worker: Worker) -> tuple[LogMel, float]:
    """Return the nearest candidate and its difference in dB; infinite where shapes differ."""
    assert start.window is not None
    single = _answers(one_window(start.rate, start.window), start.rate, worker)
    longer = _answers(whole_signals(start.rate, start.window), start.rate, worker)
    if not single or not longer:
        raise PluginError("the pickle fails for every signal that it was tried with")
    found = _least(_variants(start), single)
    paddings = [replace(found, pad=pad) for pad in _PADS]
    nearest = _least(paddings, longer)
    return nearest, max(_difference(nearest, single), _difference(nearest, longer))


_Pairs = list[tuple[Audio, NDArray[np.float32]]]


def _answers(signals: list[NDArray[np.float32]], rate: int, worker: Worker) -> _Pairs:
    pairs = []
    for samples in signals:
        with contextlib.suppress(AudioError):  # one that the pickle does not take tells nothing
            pairs.append((Audio(samples, rate), worker(samples, rate=rate)))
    return pairs


def _variants(start: LogMel) -> Iterator[LogMel]:
    for values in itertools.product(*_CHOICES.values()):
        changed = dict(zip(_CHOICES, values, strict=True))
        for scale in _SCALES:
            with contextlib.suppress(ValidationError):
                yield replace(start, **changed, **scale)


def _least(candidates: Iterator[LogMel] | list[LogMel], pairs: _Pairs) -> LogMel:
    return min(candidates, key=lambda candidate: _difference(candidate, pairs))


def _difference(features: LogMel, pairs: _Pairs) -> float:
    worst = 0.0
    for audio, wanted in pairs:
        got = features(audio).tensors[features.tensor].squeeze(-1)
        wanted = wanted.reshape(got.shape) if wanted.size == got.size else wanted  # noqa: PLW2901
        if got.shape != wanted.shape or not np.isfinite(wanted).all():
            return float("inf")
        worst = max(worst, float(np.abs(got - wanted).max()))
    return worst * _DECIBELS[features.log or "db"]


def _resampled(features: LogMel, worker: Worker) -> float | None:
    if features.rate == _OTHER_RATE or features.window is None:
        return None
    spec = ModelSpec("probe", "0", "", "", features.rate)
    pairs = []
    for audio, wanted in _answers(whole_signals(_OTHER_RATE, features.window), _OTHER_RATE, worker):
        pairs.append((conform(audio, spec), wanted))
    return _difference(features, pairs) if pairs else None


def _apart(difference: float) -> str:
    finite = math.isfinite(difference)
    return (
        f"is off by {difference:.3g} dB"
        if finite
        else "has other shapes, or numbers where it has none"
    )


def _told(features: LogMel) -> str:
    names = [*_CHOICES, *_SCALES[2], "pad"]
    return ", ".join(f"{name}={getattr(features, name)!r}" for name in names)
