"""Puts the report together: one page, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from audioml.core import __version__
from audioml.core.analysis import Analysis, Recording
from audioml.core.formats.events import NOTES, is_segments, spelled
from audioml.core.formats.text import clock
from audioml.core.values import Source

from .lanes import Lane, scale, wave
from .segments import Segment, shares, table
from .sound import Waveform, embed, waveform
from .timeline import Timeline, is_whole, timeline

__all__ = ["html"]

_WAVE = '<svg class="wave" preserveAspectRatio="none" aria-hidden="true"><use href="#wave"/></svg>'


def html(analysis: Analysis, audio: Path | None = None) -> bytes:
    """Return the report of an analysis as one self-contained page of HTML.

    Parameters
    ----------
    analysis
        What to show.
    audio
        The recording, to be heard and drawn; None for a page without sound.
    """
    time = timeline(analysis)
    bins = int(min(max(time.duration * 20, 400), 6000))
    shape = waveform(audio, time.duration, bins)
    script = _asset("roll.js") + _asset("page.js")
    values = {
        "policy": _policy(script),
        "style": _asset("page.css") + _asset("roll.css"),
        "script": script,
        "version": escape(__version__),
        "models": _models(analysis),
        "below": _below(time.leading),
    }
    page = Template(_asset("page.html")).substitute(
        values | _header(analysis, time) | _sound(audio) | _stage(time, shape)
    )
    return page.encode(errors="replace")  # a file name may be no text


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _policy(script: str) -> str:
    """Return a content security policy: nothing from elsewhere, and no script but our own."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _header(analysis: Analysis, time: Timeline) -> dict[str, str]:
    recording = analysis.recording
    return {
        "title": escape(_title(recording)),
        "byline": escape(" · ".join(filter(None, (recording.artist, recording.release)))),
        "facts": "".join(f"<li><b>{f}</b> {what}</li>" for f, what in _facts(analysis, time)),
    }


def _title(recording: Recording) -> str:
    return recording.title or (recording.path.stem if recording.path else "Untitled recording")


def _facts(analysis: Analysis, time: Timeline) -> Iterator[tuple[str, str]]:
    yield clock(time.duration, digits=0), "long"
    for annotation in analysis.annotations("tempo"):
        for value in annotation.values[:1]:
            yield f"{float(value):.0f}", "BPM"
    for annotation in analysis.annotations():
        if is_segments(annotation) and is_whole(annotation, time.duration):
            for i in range(min(len(annotation), 6)):
                yield escape(spelled(annotation, i)), ""
    if time.leading:
        yield str(len(time.leading)), "segments"
    for annotation in analysis.annotations():
        if annotation.namespace in NOTES:
            yield f"{len(annotation):,}", "note" if len(annotation) == 1 else "notes"


def _sound(audio: Path | None) -> dict[str, str]:
    sound = embed(audio)
    if not sound.address:
        return {"audio": "", "silent": escape(sound.reason)}
    return {"audio": f'<audio id="sound" controls src="{sound.address}"></audio>', "silent": ""}


def _stage(time: Timeline, shape: Waveform | None) -> dict[str, str]:
    lanes = (Lane("Waveform", "waveform", 96, _WAVE), *time.lanes) if shape else time.lanes
    symbol = ""
    if shape:
        box = f'viewBox="0 0 {len(shape.peaks) - 1} 100" preserveAspectRatio="none"'
        symbol = f'<symbol id="wave" {box}>{wave(shape)}</symbol>'
    return {
        "symbol": f'<svg class="defs" aria-hidden="true">{symbol}</svg>',
        "overview": _overview(time, shape),
        "names": "".join(map(_beside, lanes)),
        "lanes": "".join(
            f'<div class="lane {n.kind}" style="height:{n.height}px">{n.body}</div>' for n in lanes
        ),
        "axis": time.axis(),
        "step": str(time.step),
        "duration": f"{time.duration:.4f}",
        "length": clock(time.duration),
        "width": f"{time.speed * time.duration:.0f}",
    }


def _overview(time: Timeline, shape: Waveform | None) -> str:
    bands = "".join(
        f'<i style="{scale(s.start, s.end, time.duration)};{s.tone}"></i>' for s in time.leading
    )
    waves = f'<div class="rest">{_WAVE}</div><div class="played">{_WAVE}</div>' if shape else ""
    return f'{waves}<div class="bands">{bands}</div>'


def _beside(lane: Lane) -> str:
    marks = "".join(f'<s style="bottom:{at:.2%}">{text}</s>' for at, text in lane.marks)
    inside = f"<span>{escape(lane.name)}</span>{marks}{lane.beside}"
    return f'<div class="name {lane.kind}" style="height:{lane.height}px">{inside}</div>'


def _below(leading: Sequence[Segment]) -> str:
    if not leading:
        return ""
    segments = list(leading)
    return Template(_asset("below.html")).substitute(
        shares=shares(segments), rows=table(segments), count=len(segments)
    )


def _models(analysis: Analysis) -> str:
    # dict.fromkeys: a set in order of appearance
    sources = dict.fromkeys(
        value.source for p in analysis.predictions.values() for value in p.values() if value.source
    )
    return "".join(map(_model, sources)) or "<li>no model named</li>"


def _model(source: Source) -> str:
    weights = f' <code title="SHA-256 of the weights">{escape(source.weights[:12])}</code>'
    name, version = escape(source.name), escape(source.version)
    return f"<li><b>{name}</b> {version}{weights if source.weights else ''}</li>"
