"""Standard MIDI files: notes and pedal out of one, and into one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from audioml.core.errors import ValidationError
from audioml.core.files import shown, write_bytes

from .notes import Notes, Pedal

__all__ = ["decode", "encode", "read", "write"]

_DIVISION = 960
_SUSTAIN, _DOWN = 64, 64
_USUAL = 500_000  # microseconds in a quarter note until a file says otherwise
_DRUMS = 9
_LENGTHS = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}


class _Event(NamedTuple):
    tick: int
    status: int  # the tempo, where it is 0xFF
    first: int
    second: int


def read(path: Path) -> tuple[Notes, Pedal]:
    """Return the notes and the pedal of a MIDI file; drums are left out.

    Raises
    ------
    ValidationError
        If it is not one.
    """
    try:
        return decode(path.read_bytes())
    except (IndexError, struct.error, ValidationError) as error:
        raise ValidationError(f"{shown(path)} is no usable MIDI file: {error}") from error


def write(path: Path, notes: Notes, pedal: Pedal | None = None, *, program: int = 0) -> None:
    """Write notes and pedal as a MIDI file."""
    write_bytes(path, encode(notes, pedal, program=program))


def decode(data: bytes) -> tuple[Notes, Pedal]:
    """Return the notes and the pedal in the bytes of a MIDI file."""
    if data[:4] != b"MThd":
        raise ValidationError("it does not begin with 'MThd'")
    length, _, tracks, division = struct.unpack(">IHHH", data[4:14])
    events: list[_Event] = []
    at = 8 + length
    for _ in range(tracks):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        if kind == b"MTrk":
            events += _events(data[at + 8 : at + 8 + size])
        at += 8 + size
    events.sort(key=lambda event: event.tick)
    return _played(events, _Clock(events, division))


def _variable_length(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    while True:
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at


def _events(track: bytes) -> Iterator[_Event]:
    at = tick = status = 0
    while at < len(track):
        delta, at = _variable_length(track, at)
        tick += delta
        if track[at] >= 0x80:
            status = track[at]
            at += 1
        if status in (0xF0, 0xF7):
            size, at = _variable_length(track, at)
            at += size
        elif status == 0xFF:
            kind = track[at]
            size, at = _variable_length(track, at + 1)
            if kind == 0x51:
                yield _Event(tick, 0xFF, int.from_bytes(track[at : at + size], "big"), 0)
            at += size
        elif status >> 4 in _LENGTHS:
            count = _LENGTHS[status >> 4]
            yield _Event(tick, status, track[at], track[at + 1] if count == 2 else 0)
            at += count
        else:
            raise ValidationError(f"unexpected byte {status:#x} in a track")


class _Clock:
    """Turns ticks into seconds."""

    def __init__(self, events: list[_Event], division: int) -> None:
        if division & 0x8000:  # frames a second, and ticks in a frame
            self._ticks, self._seconds = [0], [0.0]
            self._each = [1.0 / ((256 - (division >> 8)) * (division & 0xFF))]
            return
        changes = [(0, _USUAL)] + [(e.tick, e.first) for e in events if e.status == 0xFF]
        self._ticks = [tick for tick, _ in changes]
        self._each = [tempo * 1e-6 / max(division, 1) for _, tempo in changes]
        steps = np.diff(self._ticks) * np.array(self._each[:-1])
        self._seconds = [0.0, *np.cumsum(steps).tolist()]

    def __call__(self, tick: int) -> float:
        at = int(np.searchsorted(self._ticks, tick, side="right")) - 1
        return self._seconds[at] + (tick - self._ticks[at]) * self._each[at]


def _played(events: list[_Event], clock: _Clock) -> tuple[Notes, Pedal]:
    rows: list[tuple[float, float, int, int]] = []
    spans: list[tuple[float, float]] = []
    open_: dict[tuple[int, int], list[tuple[float, int]]] = {}
    pressed: dict[int, float] = {}
    end = clock(events[-1].tick) if events else 0.0
    for event in events:
        kind, channel = event.status >> 4, event.status & 15
        if event.status == 0xFF or channel == _DRUMS:
            continue
        key = (channel, event.first)
        if kind == 0x9 and event.second:
            open_.setdefault(key, []).append((clock(event.tick), event.second))
        elif kind in (0x8, 0x9) and open_.get(key):
            onset, velocity = open_[key].pop(0)
            rows.append((onset, clock(event.tick), event.first, velocity))
        elif kind == 0xB and event.first == _SUSTAIN and event.second >= _DOWN:
            pressed.setdefault(channel, clock(event.tick))
        elif kind == 0xB and event.first == _SUSTAIN and channel in pressed:
            spans.append((pressed.pop(channel), clock(event.tick)))
    for (_, pitch), left in open_.items():
        rows += [(onset, end, pitch, velocity) for onset, velocity in left]
    spans += [(since, end) for since in pressed.values()]
    return Notes.of(rows), Pedal(np.array(spans).reshape(-1, 2))


def encode(notes: Notes, pedal: Pedal | None = None, *, program: int = 0) -> bytes:
    """Return a MIDI file of one track at 120 beats a minute, 0.5 ms to the tick."""
    rate = _DIVISION * 1e6 / _USUAL
    made: list[tuple[int, int, bytes]] = [(0, 0, bytes([0xC0, program]))]
    for onset, offset, pitch, velocity in notes.table.tolist():
        start = round(onset * rate)
        stop = max(round(offset * rate), start + 1)
        made.append((start, 3, bytes([0x90, int(pitch), int(velocity)])))
        made.append((stop, 1, bytes([0x80, int(pitch), 0])))
    for down, up in pedal.intervals.tolist() if pedal else ():
        made.append((round(down * rate), 2, bytes([0xB0, _SUSTAIN, 127])))
        made.append((round(up * rate), 1, bytes([0xB0, _SUSTAIN, 0])))
    body = bytearray(b"\x00\xff\x51\x03" + _USUAL.to_bytes(3, "big"))
    now = 0
    for tick, _, data in sorted(made):
        body += _counted(tick - now) + data
        now = tick
    body += b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, _DIVISION)
    return header + b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _counted(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))
