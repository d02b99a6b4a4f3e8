"""Layers of Sonic Visualiser (``.svl``): regions, time instants and notes, one layer an annotation.

Sonic Visualiser counts in samples, so the rate is that of the recording where it can be read, and
44.1 kHz where not. Import it with File, Import Annotation Layer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from ..analysis import Analysis
from ..files import native
from ..values import Annotation
from .events import INSTANTS, NOTES, Named, midi_pitches, named, require, spelled, velocities
from .format import Format

__all__ = ["SV", "encode"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LAYERS = {
    "instants": ("timeinstants", {}),
    "notes": ("notes", {"verticalScale": 0}),
    "regions": ("regions", {"verticalScale": 1, "plotStyle": 1}),  # as a segmentation
}


def encode(analysis: Analysis) -> bytes:
    """Return every annotation as a layer of Sonic Visualiser.

    Raises
    ------
    OutputError
        If no estimator gave annotations.
    """
    found = require(list(named(analysis)), "no events for a layer")
    rate = _rate(analysis.recording.path)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<!DOCTYPE sonic-visualiser>", "<sv>"]
    lines.append("  <data>")
    for number, n in enumerate(found):
        lines += _model(number, n, rate)
    lines += ["  </data>", "  <display>"]
    lines += [_layer(number, n, len(found)) for number, n in enumerate(found)]
    lines += ["  </display>", "</sv>", ""]
    return "\n".join(lines).encode()


def _rate(path: Path | None) -> int:
    import soundfile

    try:
        return int(soundfile.info(native(path)).samplerate) if path else 44100
    except (soundfile.LibsndfileError, OSError):
        return 44100


def _kind(annotation: Annotation) -> str:
    if annotation.namespace in NOTES:
        return "notes"
    return "instants" if annotation.namespace in INSTANTS else "regions"


def _model(number: int, n: Named, rate: int) -> Iterator[str]:
    kind, frames = _kind(n.annotation), np.rint(n.annotation.intervals * rate).astype(int)
    dimensions = 1 if kind == "instants" else 3
    described: dict[str, Any] = {
        "id": number,
        "name": f"{n.estimator}.{n.entry}",
        "sampleRate": rate,
        "start": frames.min(initial=0),
        "end": frames.max(initial=0),
        "type": "sparse",
        "dimensions": dimensions,
        "resolution": 1,
        "notifyOnAdd": "true",
        "dataset": number,
    }
    if kind != "instants":
        described["subtype"] = "note" if kind == "notes" else "region"
        described["units"] = "MIDI Pitch" if kind == "notes" else ""
    yield f"    <model {_attributes(described)}/>"
    yield f"    <dataset {_attributes({'id': number, 'dimensions': dimensions})}>"
    for point in _points(n.annotation, kind, frames.tolist()):
        yield f"      <point {_attributes(point)}/>"
    yield "    </dataset>"


def _points(annotation: Annotation, kind: str, frames: list[list[int]]) -> Iterator[dict[str, Any]]:
    pitches = midi_pitches(annotation).tolist() if kind == "notes" else []
    loud = velocities(annotation)
    heights: dict[str, int] = {}  # a label's place on the vertical axis, in order of appearance
    for i, (start, end) in enumerate(frames):
        label = spelled(annotation, i)
        point: dict[str, Any] = {"frame": start}
        if kind == "notes":
            point |= {"value": pitches[i], "duration": end - start}
            point |= {} if loud is None else {"level": f"{loud[i] / 127:.4g}"}
        elif kind == "regions":
            point |= {"value": heights.setdefault(label, len(heights)), "duration": end - start}
        yield point | {"label": label}


def _layer(number: int, n: Named, first: int) -> str:
    layer, properties = _LAYERS[_kind(n.annotation)]
    described = {"id": first + number, "type": layer, "name": f"{n.estimator}.{n.entry}"}
    return f"    <layer {_attributes(described | {'model': number} | properties)}/>"


def _attributes(values: dict[str, Any]) -> str:
    return " ".join(f"{k}={quoteattr(_NOT_XML.sub('', str(v)))}" for k, v in values.items())


SV = Format(".svl", encode, "application/x-svl")
