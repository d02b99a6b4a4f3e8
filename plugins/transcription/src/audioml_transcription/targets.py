"""What a network should answer: onsets and offsets as distances, frames, velocities, pedal.

Regressed times are those of Kong et al. 2021, "High-resolution piano transcription with pedals by
regressing onset and offset times", sec. III: a frame's target is 1 at an event and falls to 0
within `REACH` seconds of it, measured from the event's own time rather than its frame's. Between
two events the nearer one counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .notes import HIGHEST, KEYS, LOWEST, Notes, Pedal

__all__ = ["NEAR", "REACH", "Targets", "targets"]

REACH = 0.05
NEAR = 0.4
"""Of the regressed onset: from there on a velocity is to be answered."""


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Targets of a segment, all float32 from 0 to 1.

    ``onset``, ``offset``, ``frame`` and ``velocity`` (a share of 128) have shape (frames, 88);
    ``struck`` marks where a velocity counts, ``mask`` what is known of notes that are cut by the
    segment's ends. ``pedal`` has shape (frames, 3): its onsets, offsets and frames.
    """

    onset: NDArray[np.float32]
    offset: NDArray[np.float32]
    frame: NDArray[np.float32]
    velocity: NDArray[np.float32]
    struck: NDArray[np.float32]
    mask: NDArray[np.float32]
    pedal: NDArray[np.float32]

    @property
    def notes(self) -> NDArray[np.float32]:
        """Return onset, offset, frame, velocity and struck, float32, shape (5, frames, 88)."""
        return np.stack([self.onset, self.offset, self.frame, self.velocity, self.struck])


def targets(
    notes: Notes,
    pedal: Pedal,
    *,
    frames: int,
    fps: float,
    start: float = 0.0,
    reach: float = REACH,
) -> Targets:
    """Return the targets of ``frames`` frames, the first of them at ``start`` seconds.

    Parameters
    ----------
    notes, pedal
        What is heard, in seconds from the recording's beginning.
    frames, fps
        How many, and how many in a second.
    start
        Seconds; all events are counted from there.
    reach
        Seconds in which a regressed target falls to 0.
    """
    end = start + (frames - 1) / fps
    heard = (notes.offset > start - reach) & (notes.onset < end + reach)
    heard &= (notes.pitch >= LOWEST) & (notes.pitch <= HIGHEST)
    onset, offset = (notes.onset[heard] - start) * fps, (notes.offset[heard] - start) * fps
    key, velocity = notes.pitch[heard] - LOWEST, notes.velocity[heard] / 128
    shape = frames, KEYS
    struck, loud = _regressed(onset, key, shape, reach * fps, velocity)
    ended, _ = _regressed(offset, key, shape, reach * fps)
    return Targets(
        onset=struck,
        offset=ended,
        frame=_filled(onset, offset, key, shape),
        velocity=loud,
        struck=(struck > NEAR).astype(np.float32),
        mask=_known(onset, offset, key, shape),
        pedal=_pedal((pedal.intervals - start) * fps, frames, reach * fps),
    )


def _regressed(
    at: NDArray[np.float64],
    key: NDArray[np.int64],
    shape: tuple[int, int],
    reach: float,
    values: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how near each frame is to an event, and the value of the event nearest to it."""
    near, kept = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    middle = np.rint(at).astype(np.int64)
    steps = int(np.ceil(reach)) + 1
    for step in range(-steps, steps + 1):
        frame = middle + step
        height = 1 - np.abs(frame - at) / reach
        use = np.flatnonzero((frame >= 0) & (frame < shape[0]) & (height > 0))
        use = use[np.argsort(height[use], kind="stable")]  # of two at one place the nearer is last
        use = use[height[use] > near[frame[use], key[use]]]
        near[frame[use], key[use]] = height[use]
        if values is not None:
            kept[frame[use], key[use]] = values[use]
    return near, kept


def _filled(
    onset: NDArray[np.float64],
    offset: NDArray[np.float64],
    key: NDArray[np.int64],
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """Return 1 from the frame of each onset to that of its offset, both included."""
    first = np.clip(np.rint(onset), 0, shape[0]).astype(np.int64)
    after = np.clip(np.rint(offset) + 1, 0, shape[0]).astype(np.int64)
    change = np.zeros((shape[0] + 1, shape[1]), np.int32)
    np.add.at(change, (first, key), 1)
    np.add.at(change, (np.maximum(after, first), key), -1)
    return (np.cumsum(change[:-1], axis=0) > 0).astype(np.float32)


def _known(
    onset: NDArray[np.float64],
    offset: NDArray[np.float64],
    key: NDArray[np.int64],
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """Return 0 where a note sounds that began before the segment or ends after it, else 1."""
    cut = (onset < 0) | (offset > shape[0] - 1)
    return 1 - _filled(onset[cut], offset[cut], key[cut], shape)


def _pedal(spans: NDArray[np.float64], frames: int, reach: float) -> NDArray[np.float32]:
    only, shape = np.zeros(len(spans), np.int64), (frames, 1)
    down, _ = _regressed(spans[:, 0], only, shape, reach)
    up, _ = _regressed(spans[:, 1], only, shape, reach)
    held = _filled(spans[:, 0], spans[:, 1], only, shape)
    return np.concatenate([down, up, held], axis=1)
