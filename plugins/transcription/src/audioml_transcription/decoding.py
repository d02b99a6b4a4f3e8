"""From a network's heads to notes and pedal: peaks with times between frames, and their ends.

The rules are those of Kong et al. 2021, sec. III-D, worked on all keys at once, but for where notes
end. Peaks at a signal's first and last frames count too, and silence has no notes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .notes import LOWEST, Notes, Pedal, repaired

__all__ = ["Found", "Thresholds", "decode_notes", "decode_pedal", "peaks"]

_LONGEST = 12.0  # seconds that a note may last
_SHORTEST = 0.02
_PEDAL_SHORTEST = 0.06
_AROUND = 1.0  # standard deviation, in seconds, of what is around a note
_CHANGE = 0.3  # probability of the pedal's onsets and offsets whose times count
_FALL = 0.02  # seconds in which a peak falls on both sides
_AFTER = 0.06  # seconds after an offset in which a key is silent

Heads = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on something is there, and how steady velocities are.

    ``offset`` is that of an offset with silence after it, and ``frame`` so low that a note surely
    is over below it. ``steady`` is the share of each velocity that is taken from the notes around
    it, where a network's own are uncertain: 0 leaves them as they are.
    """

    onset: float = 0.4
    offset: float = 0.1
    frame: float = 0.05
    pedal: float = 0.5
    steady: float = 0.0


class Found(NamedTuple):
    """Notes, and the probability of each one's onset, float32, shape (n,)."""

    notes: Notes
    confidence: NDArray[np.float32]


class _Peaks(NamedTuple):
    frame: NDArray[np.int64]
    key: NDArray[np.int64]
    time: NDArray[np.float64]  # in frames


def peaks(heads: Heads, threshold: float, *, reach: int = 1) -> _Peaks:
    """Return the peaks over a threshold, ordered by key and time.

    Parameters
    ----------
    heads
        float32, shape (frames, keys), from 0 to 1.
    threshold
        A peak is higher.
    reach
        Frames on both sides that fall away from it.
    """
    last = len(heads) - 1
    padded = np.pad(np.asarray(heads, np.float64).T, ((0, 0), (reach + 1, reach + 1)))
    key, frame = np.nonzero(padded[:, reach + 1 : reach + 2 + last] > threshold)
    at = frame + reach + 1
    top = np.ones(len(at), bool)
    for step in range(reach):
        top &= padded[key, at - step] >= padded[key, at - step - 1]
        top &= padded[key, at + step] > padded[key, at + step + 1]
    key, frame, at = key[top], frame[top], at[top]
    before, here, after = (padded[key, at + step] for step in (-1, 0, 1))
    lower = np.minimum(before, after)
    shift = (after - before) / np.maximum(here - lower, 1e-6) / 2
    inside = (frame > 0) & (frame < last)  # what is beyond the ends is not known
    time = frame.astype(np.float64) + np.where(inside, np.clip(shift, -0.5, 0.5), 0.0)
    return _Peaks(frame, key, time)


def decode_notes(
    onset: Heads,
    offset: Heads,
    frame: Heads,
    velocity: Heads,
    *,
    fps: float,
    thresholds: Thresholds | None = None,
) -> Found:
    """Return the notes in heads of shape (frames, 88), their times in seconds from frame 0.

    A note ends at the first offset after which its frame is silent, where its frame falls below the
    threshold, or at the next onset of its key, whatever is first.
    """
    chosen = thresholds or Thresholds()
    reach = _reach(fps)
    struck = peaks(onset, chosen.onset, reach=reach)
    if not len(struck.frame):
        return Found(Notes.none(), np.empty(0, np.float32))
    ended = peaks(offset * (1 - _soonest(frame, fps)), chosen.offset, reach=reach)
    end = np.minimum(_ends(struck, ended, frame, chosen), struck.time + _LONGEST * fps)
    start = np.maximum(struck.time, 0.0)
    end = np.clip(end, start + _SHORTEST * fps, np.maximum(len(onset), start + _SHORTEST * fps))
    loud = _steadied(velocity[struck.frame, struck.key], struck.frame, chosen.steady, fps)
    velocities = np.clip(np.rint(loud * 128), 1, 127).astype(np.int64)
    notes = Notes(start / fps, end / fps, struck.key + LOWEST, velocities)
    order = np.lexsort((struck.key, start))
    sure = onset[struck.frame, struck.key].astype(np.float32)[order]
    mended = repaired(notes)
    return (
        Found(mended, sure)
        if len(mended) == len(sure)
        else Found(mended, _matching(mended, notes, sure))
    )


def _steadied(
    velocity: Heads, frame: NDArray[np.int64], share: float, fps: float
) -> NDArray[np.float64]:
    """Return velocities that are, to a share, the mean of those of the other notes around."""
    own = velocity.astype(np.float64)
    if not share:
        return own
    reach = round(3 * _AROUND * fps)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (_AROUND * fps)) ** 2)
    total, count = (
        np.convolve(np.bincount(frame, values), weights)[reach:][frame]
        for values in (own, np.ones(len(own)))
    )
    others = (total - own + 1e-3 * own) / (count - 1 + 1e-3)  # its own, where there are none
    return (1 - share) * own + share * others


def _matching(some: Notes, all_: Notes, values: NDArray[np.float32]) -> NDArray[np.float32]:
    places = {(o, p): i for i, (o, p) in enumerate(zip(all_.onset, all_.pitch, strict=True))}
    return values[[places[o, p] for o, p in zip(some.onset, some.pitch, strict=True)]]


def _reach(fps: float) -> int:
    return max(1, round(_FALL * fps))


def _ends(struck: _Peaks, ended: _Peaks, frame: Heads, chosen: Thresholds) -> NDArray[np.float64]:
    """Return where each note ends, in frames."""
    count = len(frame)
    stride = count + 1
    place = struck.key * stride + struck.frame
    same = np.append(struck.key[1:] == struck.key[:-1], [False])
    next_ = np.where(same, np.append(struck.frame[1:], 0), count)
    quiet = np.ones((frame.shape[1], stride), bool)
    quiet[:, :count] = chosen.frame > frame.T
    below = np.flatnonzero(quiet)
    gone = below[np.searchsorted(below, place, side="right")] - struck.key * stride
    limit = np.minimum(gone, next_)
    vanished = np.minimum(_crossing(frame, struck.key, gone, chosen.frame), next_)
    after = struck.key * stride + struck.time + 1
    first = np.searchsorted(ended.key * stride + ended.time, after, side="right")
    time = np.append(ended.time, np.inf)[first]
    here = (np.append(ended.key, -1)[first] == struck.key) & (time <= limit)
    return np.where(here, time, vanished)


def _soonest(frame: Heads, fps: float) -> Heads:
    """Return the lowest probability of each frame's key in the frames that follow."""
    steps = max(1, round(_AFTER * fps))
    later = np.pad(frame[1:], ((0, steps), (0, 0)), mode="edge") if len(frame) > 1 else frame
    windows = (later[step : step + len(frame)] for step in range(steps))
    return functools.reduce(np.minimum, windows)


def _crossing(
    frame: Heads, key: NDArray[np.int64], gone: NDArray[np.int64], level: float
) -> NDArray[np.float64]:
    """Return when a frame's probability falls through a level, given the first frame below it."""
    after = np.minimum(gone, len(frame) - 1)
    high = np.asarray(frame, np.float64)[np.maximum(gone - 1, 0), key]
    low = np.asarray(frame, np.float64)[after, key]
    share = np.clip((high - level) / np.maximum(high - low, 1e-6), 0, 1)
    falls = gone - 1 + share - 0.5  # a frame is 1 until half a frame after the offset
    return np.where(gone < len(frame), falls, gone.astype(np.float64))


def decode_pedal(
    pedal: Heads, *, fps: float, thresholds: Thresholds | None = None
) -> tuple[Pedal, NDArray[np.float32]]:
    """Return the pedal in heads of shape (frames, 3), and the mean probability of each press.

    A press lasts while the frame head is over the threshold. Within it, an offset's peak with an
    onset's after it is a change of pedal. Times are those of the nearest peaks, if there are any.
    """
    chosen = thresholds or Thresholds()
    held = np.concatenate([[False], pedal[:, 2] > chosen.pedal, [False]])
    edges = np.flatnonzero(np.diff(held.astype(np.int8)))
    downs, ups = (peaks(pedal[:, at : at + 1], _CHANGE, reach=_reach(fps)).time for at in (0, 1))
    spans: list[tuple[float, float]] = []
    for first, after in edges.reshape(-1, 2).tolist():
        spans += _presses(first, after - 0.5, downs, ups, near=0.1 * fps)
    spans = [(a, b) for a, b in spans if b - a >= _PEDAL_SHORTEST * fps]
    found = Pedal(np.clip(np.array(spans).reshape(-1, 2), 0, len(pedal)) / fps)
    bounds = (found.intervals * fps).astype(int).tolist()
    sure = [float(pedal[a : max(b, a + 1), 2].mean()) for a, b in bounds]
    return found, np.array(sure, np.float32)


def _presses(
    first: float, last: float, downs: NDArray[np.float64], ups: NDArray[np.float64], near: float
) -> list[tuple[float, float]]:
    inside = ups[(ups > first + near) & (ups < last - near)]
    found, since = [], _nearest(downs, first, near)
    for up in inside.tolist():
        again = downs[(downs > up) & (downs < last)]
        if len(again) and up > since:
            found.append((since, up))
            since = float(again[0])
    return [*found, (since, max(_nearest(ups, last, near), since))]


def _nearest(times: NDArray[np.float64], to: float, near: float) -> float:
    if not len(times):
        return to
    best = float(times[np.abs(times - to).argmin()])
    return best if abs(best - to) <= near else to
