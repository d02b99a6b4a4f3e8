"""Notes, pedal and tempo out of standard MIDI files (RP-001), whoever wrote them.

Drums are left out. Notes of one pitch that overlap end in the order in which they began; what is
never ended ends with the file.
"""

from __future__ import annotations

import struct
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import ValidationError
from .files import shown

__all__ = ["Score", "decode", "read"]

_DRUMS, _SUSTAIN, _DOWN = 9, 64, 64
_USUAL = 500_000  # microseconds in a quarter note until the file says otherwise
_TEMPO, _META, _SYSEX = 0x51, 0xFF, (0xF0, 0xF7)
_SIZES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """What a MIDI file says; times are in seconds.

    Parameters
    ----------
    notes
        float64, shape (n, 4): onset, offset, pitch as MIDI number, velocity 1 to 127; in the order
        of the onsets, then of the pitches.
    pedal
        float64, shape (n, 2): when the sustain pedal (controller 64) is down, on any channel; in
        order, apart.
    tempi
        float64, shape (n, 2): from when on, and quarter notes in a minute; empty where the file
        counts frames instead.
    end
        The time of the last event.
    """

    notes: NDArray[np.float64]
    pedal: NDArray[np.float64]
    tempi: NDArray[np.float64]
    end: float


class _Event(NamedTuple):
    tick: int
    status: int
    data: int  # pitch, controller, or microseconds in a quarter note
    value: int


def read(path: Path, /) -> Score:
    """Return what a MIDI file says.

    Raises
    ------
    ValidationError
        If it cannot be read, or is none; the sentence names it.
    """
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise ValidationError(f"{shown(path)} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise ValidationError(f"{shown(path)}: {error}") from error


def decode(data: bytes, /) -> Score:
    """Return what the bytes of a MIDI file say.

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
    return _played(events, _seconds(events, division), in_beats=not division & 0x8000)


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
    for end in range(at + 1, at + 5):
        value = value << 7 | data[end - 1] & 0x7F
        if data[end - 1] < 0x80:
            return value, end
    raise ValidationError("a number in the MIDI file has no end")


def _events(track: bytes) -> Iterator[_Event]:
    """Yield the tempi, and what channels are told."""
    at = tick = running = 0
    while at < len(track):
        delta, at = _number(track, at)
        tick += delta
        status = running if track[at] < 0x80 else track[at]
        at += track[at] >= 0x80
        if status == _META:  # after which many writers go on with the status before
            kind = track[at]
            size, at = _number(track, at + 1)
            if kind == _TEMPO and size == 3:
                yield _Event(tick, _META, int.from_bytes(track[at : at + 3]), 0)
            at += size
        elif status in _SYSEX:
            size, at = _number(track, at)
            at, running = at + size, 0
        else:
            told = [track[at + i] for i in range(_SIZES.get(status >> 4, 0))]
            if not told or max(told) >= 0x80:
                wrong = max(told, default=status or track[at])
                raise ValidationError(f"the MIDI file has a byte {wrong:#04x} out of place")
            yield _Event(tick, status, told[0], told[1] if len(told) > 1 else 0)
            at, running = at + len(told), status


def _seconds(events: Iterable[_Event], division: int) -> list[float]:
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


def _played(events: list[_Event], times: list[float], *, in_beats: bool) -> Score:
    notes: list[tuple[float, float, int, int]] = []
    pedal: list[tuple[float, float]] = []
    tempi = {0.0: 60e6 / _USUAL} if in_beats else {}
    sounding: dict[tuple[int, int], deque[tuple[float, int]]] = defaultdict(deque)
    pressed: dict[int, float] = {}
    for event, now in zip(events, times, strict=True):
        kind, channel = event.status >> 4, event.status & 15
        if event.status == _META:
            tempi |= {now: 60e6 / max(event.data, 1)} if in_beats else {}
            continue
        if channel == _DRUMS:
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
    table = np.array(notes, np.float64).reshape(-1, 4)
    return Score(
        table[np.lexsort((table[:, 2], table[:, 0]))],
        _apart(pedal),
        np.array(list(tempi.items()), np.float64).reshape(-1, 2),
        end,
    )


def _apart(spans: list[tuple[float, float]]) -> NDArray[np.float64]:
    """Return spans of several channels as they are heard together: in order, none in another."""
    joined: list[list[float]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return np.array(joined, np.float64).reshape(-1, 2)
