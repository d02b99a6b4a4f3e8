"""A standard MIDI file of type 1: a tempo track, then one for each annotation of notes or chords.

Notes take their velocity from the attribute ``velocity`` (0 to 127, or 0 to 1). Chords sound as
block chords with their bass below, each with its label as a marker. An annotation named ``pedal``
becomes the sustain pedal, controller 64, in the track of its estimator's first notes: programs
that give each track an instrument of its own would not hear it from another. Notes of one pitch
never overlap, since MIDI could not end them rightly.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from ..analysis import Analysis
from ..chords import parse
from ..values import Annotation
from .events import (
    NOTES,
    USUAL_VELOCITY,
    confidence,
    is_pedal,
    midi_pitches,
    named,
    require,
    velocities,
)
from .format import Format

__all__ = ["MIDI", "encode"]

_DIVISION = 960  # ticks in a quarter note: 0.5 ms at 120 BPM
_USUAL = 500_000  # microseconds in a quarter note where nobody knows the tempo: 120 BPM
_CHORD_VELOCITY = 72
_PLAYED = NOTES | {"chord", "chord_harte"}
_META, _OFF, _ON = 0, 1, 2  # the order of events at one tick
_Ticks = list[tuple[int, int]]  # start and end of each event of an annotation


class _Event(NamedTuple):
    tick: int
    order: int
    data: bytes


class _Note(NamedTuple):
    pitch: int
    start: int
    end: int
    velocity: int


def encode(analysis: Analysis) -> bytes:
    """Return notes and chords as a standard MIDI file.

    Raises
    ------
    OutputError
        If there are neither notes nor chords.
    """
    found = list(named(analysis))
    played = [n for n in found if not is_pedal(n) and n.annotation.namespace in _PLAYED]
    require(played, "neither notes nor chords for a MIDI file")
    beat = _microseconds_per_beat(analysis)
    title = analysis.recording.title or "audioml"
    tempo = b"\xff\x51\x03" + beat.to_bytes(3, "big")
    tracks = [_track(title, [_Event(0, _META, tempo)])]
    channels = {estimator: _channel(i) for i, estimator in enumerate(analysis.predictions)}
    rate = 1e6 / beat * _DIVISION
    pressed = {n.estimator: _ticks(n.annotation, rate) for n in found if is_pedal(n)}
    for n in sorted(played, key=lambda n: n.annotation.namespace not in NOTES):
        events = _events(n.annotation, _ticks(n.annotation, rate), channels[n.estimator])
        events += _pedal(pressed.pop(n.estimator, []), channels[n.estimator])
        tracks.append(_track(f"{n.estimator}.{n.entry}", events))
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), _DIVISION) + b"".join(tracks)


def _channel(index: int) -> int:
    channel = index % 15
    return channel + (channel > 8)  # the tenth is for drums


def _microseconds_per_beat(analysis: Analysis) -> int:
    tempi = [
        (confidence(annotation, i) or 0.0, float(annotation.values[i]))
        for annotation in analysis.annotations("tempo")
        for i in range(len(annotation))
    ]
    bpm = max(tempi)[1] if tempi else 0.0
    return round(60e6 / bpm) if 4 <= bpm <= 1000 else _USUAL  # three bytes hold no slower tempo


def _ticks(annotation: Annotation, rate: float) -> _Ticks:
    ticks = np.rint(np.maximum(annotation.intervals, 0) * rate).astype(int)
    return [(start, end) for start, end in ticks.tolist()]


def _events(annotation: Annotation, ticks: _Ticks, channel: int) -> list[_Event]:
    if annotation.namespace in NOTES:
        return _sounding(_notes(annotation, ticks), channel)
    markers = [
        _Event(tick, _META, b"\xff\x06" + _counted(str(label)))
        for label, (tick, _) in zip(annotation.values, ticks, strict=True)
    ]
    return markers + _sounding(_block_chords(annotation, ticks), channel)


def _pedal(ticks: _Ticks, channel: int) -> list[_Event]:
    down, up = bytes([0xB0 | channel, 64, 127]), bytes([0xB0 | channel, 64, 0])
    presses = [(_Event(a, _ON, down), _Event(b, _OFF, up)) for a, b in _apart(ticks)]
    return [event for press in presses for event in press]


def _apart(ticks: _Ticks) -> Iterator[tuple[int, int]]:
    """Yield presses in order, none in another: an early release would end a later press."""
    down = up = 0
    for start, end in sorted(ticks):
        if start >= up:
            if up > down:
                yield down, up
            down, up = start, end
        up = max(up, end)
    if up > down:
        yield down, up


def _notes(annotation: Annotation, ticks: _Ticks) -> list[_Note]:
    pitches = np.clip(np.rint(midi_pitches(annotation)), 0, 127).astype(int).tolist()
    loud = velocities(annotation)
    velocity = [USUAL_VELOCITY] * len(pitches) if loud is None else loud.tolist()
    columns = zip(pitches, ticks, velocity, strict=True)
    return [_Note(pitch, start, end, force) for pitch, (start, end), force in columns]


def _block_chords(annotation: Annotation, ticks: _Ticks) -> list[_Note]:
    notes = []
    for label, (start, end) in zip(annotation.values, ticks, strict=True):
        chord = parse(str(label))
        if chord is None:
            continue
        pitches = [36 + (chord.root + chord.bass) % 12]
        pitches += [48 + chord.root + tone for tone in chord.tones]
        notes += [_Note(pitch, start, end, _CHORD_VELOCITY) for pitch in pitches]
    return notes


def _sounding(notes: list[_Note], channel: int) -> list[_Event]:
    events = []
    ordered = sorted(notes)
    for note, following in zip_longest(ordered, ordered[1:]):
        end = max(note.end, note.start + 1)
        if following is not None and following.pitch == note.pitch:
            end = min(end, following.start)
        if end > note.start:
            on, off = (0x90 | channel, note.pitch, note.velocity), (0x80 | channel, note.pitch, 0)
            events += [_Event(note.start, _ON, bytes(on)), _Event(end, _OFF, bytes(off))]
    return events


def _track(name: str, events: list[_Event]) -> bytes:
    body = bytearray(b"\x00\xff\x03" + _counted(name))
    now = 0
    for event in sorted(events):
        body += _variable_length(event.tick - now) + event.data
        now = event.tick
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _counted(text: str) -> bytes:
    data = text.encode()
    return _variable_length(len(data)) + data


def _variable_length(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))


MIDI = Format(".mid", encode, "audio/midi")
