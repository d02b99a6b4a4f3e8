"""Notes and pedal out of standard MIDI files (RP-001), whoever wrote them.

Drums are left out. Notes of one pitch that overlap end in the order in which they began; what is
never ended ends with the file.
"""

from __future__ import annotations

import struct
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from audioml.core.errors import ValidationError

from .labels import Labels

__all__ = ["decode"]

_DRUMS, _SUSTAIN, _DOWN = 9, 64, 64
_USUAL = 500_000  # microseconds in a quarter note until the file says otherwise
_TEMPO, _META = 0x51, 0xFF
_SIZES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}


class _Event(NamedTuple):
    tick: int
    status: int
    data: int  # pitch, controller, or microseconds in a quarter note
    value: int


def decode(data: bytes, /) -> Labels:
    """Return the notes and the pedal in the bytes of a MIDI file.

    Raises
    ------
    ValidationError
        If they are not those of one.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        data = data[20:]
    if data[:4] != b"MThd" or len(data) < 14:
        raise ValidationError("expected a MIDI file, which begins with 'MThd'")
    size, kind, _, division = struct.unpack(">IHHH", data[4:14])
    if kind > 1 or not division:
        raise ValidationError(f"a MIDI file of type {kind} and division {division} tells no time")
    try:
        events = [e for track in _tracks(data[8 + size :]) for e in _events(track)]
    except IndexError:
        raise ValidationError("the MIDI file is cut short") from None
    events.sort(key=lambda event: event.tick)  # stable: a track's own order stays
    return _heard(events, _seconds(events, division))


def _tracks(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8])
        if data[at : at + 4] == b"MTrk":
            yield data[at + 8 : at + 8 + size]
        at += 8 + size
    if at > len(data):
        raise ValidationError("the MIDI file is cut short")


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where the next thing begins."""
    value = 0
    for at in range(at, at + 4):  # noqa: B020, PLR1704  # goes on from where it stands
        value = value << 7 | data[at] & 0x7F
        if data[at] < 0x80:
            return value, at + 1
    raise ValidationError("a number in the MIDI file has no end")


def _events(track: bytes) -> Iterator[_Event]:
    at = tick = status = 0
    while at < len(track):
        delta, at = _number(track, at)
        tick += delta
        if track[at] >= 0x80:
            status, at = track[at], at + 1
        if status in (_META, 0xF0, 0xF7):
            kind = track[at] if status == _META else 0
            size, at = _number(track, at + (status == _META))
            if kind == _TEMPO and size == 3:
                yield _Event(tick, _META, int.from_bytes(track[at : at + 3]), 0)
            at, status = at + size, 0  # running status ends here
        elif size := _SIZES.get(status >> 4, 0):
            yield _Event(tick, status, track[at], track[at + 1] if size == 2 else 0)
            at += size
        else:
            raise ValidationError(f"the MIDI file has a byte {track[at]:#04x} out of place")


def _seconds(events: list[_Event], division: int) -> list[float]:
    """Return the time of each event."""
    if division & 0x8000:  # frames in a second and ticks in a frame
        each = 1 / ((256 - (division >> 8)) * (division & 0xFF or 1))
        return [event.tick * each for event in events]
    times, now, tick, each = [], 0.0, 0, _USUAL * 1e-6 / division
    for event in events:
        now, tick = now + (event.tick - tick) * each, event.tick
        times.append(now)
        if event.status == _META:
            each = event.data * 1e-6 / division
    return times


def _heard(events: list[_Event], times: list[float]) -> Labels:
    notes, pedal = [], []
    sounding: dict[tuple[int, int], deque[tuple[float, int]]] = defaultdict(deque)
    pressed: dict[int, float] = {}
    for event, now in zip(events, times, strict=True):
        kind, channel = event.status >> 4, event.status & 15
        if event.status == _META or channel == _DRUMS:
            continue
        held = sounding[channel, event.data]
        if kind == 0x9 and event.value:
            held.append((now, event.value))
        elif kind in (0x8, 0x9) and held:
            onset, velocity = held.popleft()
            notes.append((onset, now, event.data, velocity))
        elif kind == 0xB and event.data == _SUSTAIN and event.value >= _DOWN:
            pressed.setdefault(channel, now)
        elif kind == 0xB and event.data == _SUSTAIN and channel in pressed:
            pedal.append((pressed.pop(channel), now))
    end = times[-1] if times else 0.0
    for (_, pitch), held in sounding.items():
        notes += [(onset, end, pitch, velocity) for onset, velocity in held]
    pedal += [(since, end) for since in pressed.values()]
    return Labels.of(notes=notes, pedal=_apart(pedal))


def _apart(spans: list[tuple[float, float]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return spans of several channels as they are heard together: in order, none in another."""
    joined: list[list[float]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return np.array(joined, np.float64).reshape(-1, 2)
