"""The parts that settings describe: the model, what makes records of its results, the sinks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from audioml.core.decoders import Windows
from audioml.core.errors import AudiomlError, UsageError
from audioml.core.models import golden
from audioml.core.models.load import load
from audioml.core.pipeline import Pipeline
from audioml.core.stages import Estimator
from audioml.core.values import Audio

from .records import Records
from .settings import Settings, SinkSettings
from .sinks import make
from .sinks.base import EventSink, FileSink

__all__ = ["DEFAULT", "check_fit", "estimator", "public", "records", "self_test", "sinks"]

DEFAULT = (SinkSettings(kind="npz"), SinkSettings(kind="jsonl"))
"""The sinks of recordings where none are named."""
_SECRET = re.compile(r"//.*@")  # the last one: a password may hold some


def estimator(settings: Settings) -> Estimator:
    """Return the model that the settings name.

    Raises
    ------
    UsageError
        If they name none.
    """
    ref = settings.model.model
    if not ref:
        raise UsageError("name the model: --model model.tflite, or `model` in the configuration")
    beside = settings.place(ref)
    model: Estimator = load(
        beside if beside.exists() else ref,
        variant=settings.model.variant or None,
        threads=settings.model.threads,
    )
    return model


def check_fit(model: Estimator) -> None:
    """Run a model on a window of silence: what does not fit is told before a file is blamed.

    Raises
    ------
    UsageError
        If the model cannot be run on its features.
    """
    window = getattr(getattr(model, "extractor", None), "window", None)
    rate = model.spec.rate
    if not isinstance(model, Pipeline) or window is None or rate is None:
        return
    try:
        silence = np.zeros((model.spec.channels or 1, round(window * rate)), np.float32)
        model.predict(Audio(silence, rate))
    except AudiomlError as error:
        raise UsageError(f"{model.spec.name} does not fit its description: {error}") from error


def self_test(model: Estimator) -> str:
    """Return a self-test of a model as TOML, see `audioml.core.models.golden`."""
    made = golden.make(model)
    lines = ["[golden]", f"seed = {made.seed}", f"tolerance = {made.tolerance:g}"]
    for name, values in made.expected.items():
        numbers = ", ".join(f"{value:.7g}" for value in values)
        lines.append(f"expected.{json.dumps(name)} = [{numbers}]")
    return "\n".join(lines) + "\n"


def records(settings: Settings, model: Estimator) -> Records:
    """Return what makes records of results.

    Raises
    ------
    UsageError
        If a threshold is for a label that the model has not.
    """
    told = settings.records
    labels = _labels(model)
    made = Records(
        # windows of a model without labels have nothing to say unless embeddings are wanted
        kind="files" if labels == () and not told.values else told.records,  # type: ignore[arg-type]
        threshold=_threshold(settings, labels or ()),
        smoothing=told.smoothing,
        top=told.top or None,
        window=getattr(getattr(model, "extractor", None), "window", None),
        values=told.values,
    )
    if labels is not None:
        made.check(labels)
    return made


def _threshold(settings: Settings, labels: Sequence[str]) -> float | dict[str, float] | None:
    told = settings.records
    common = told.threshold if told.threshold >= 0 else None
    if not told.thresholds:
        return common
    return {**(dict.fromkeys(labels, common) if common is not None else {}), **told.thresholds}


def _labels(model: Estimator) -> tuple[str, ...] | None:
    """Return the labels of a model's scores; None where only its answers tell."""
    decoder = getattr(model, "decoder", None)
    if not isinstance(decoder, Windows):
        return None
    named = decoder.labels
    return tuple(chain.from_iterable(named.values())) if isinstance(named, Mapping) else named


def sinks(
    settings: Settings, model: Estimator, default: Sequence[SinkSettings]
) -> tuple[list[FileSink], dict[str, EventSink]]:
    """Return the sinks that write files, and those that take records, by name."""
    files: list[FileSink] = []
    events: dict[str, EventSink] = {}
    for told in settings.sinks or default:
        options = dict(told.options)
        if told.kind == "csv" and _labels(model):
            options.setdefault("labels", _labels(model))
        sink = make(told.kind, told.to, folder=settings.output, options=options)
        if isinstance(sink, EventSink):
            name = public(told)
            topic = told.options.get("topic") or told.options.get("labels")
            events[f"{name} ({topic})" if name in events else name] = sink
        else:
            files.append(sink)
    return files, events


def public(told: SinkSettings) -> str:
    """Return what a sink is called, without the user and the password that may be in its URL."""
    if not told.to:
        return told.kind
    return f"{told.kind}:{_SECRET.sub('//', told.to)}"
