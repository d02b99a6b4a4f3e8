"""How labels move when the sound does.

Labels are None, one tensor, or a mapping of names to tensors, whose first axis is the batch. What
the numbers of an entry mean, and so how they move, is its kind:

``notes``
    (batch, n, 3 or more): start and end in seconds, MIDI pitch, and more that stays. A row whose
    end is below 0 is no note; so are filled up the rows of examples with fewer notes.
``events``
    (batch, n, 2 or more): start and end in seconds, and more that stays, such as pedal or chords.
``roll``
    (batch, frames, keys): numbers over the whole of the sound, by semitone.
``frames``
    (batch, frames, ...): numbers over the whole of the sound that tell no pitch.
``f0``
    (batch, frames): frequencies in Hz over the whole of the sound; 0 where there is none.
``classes``
    Anything that stays when sound moves in pitch and time: class numbers, scores, embeddings.

Mappings may hold what is no tensor, such as names of files: it is handed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from audioml.core.errors import UsageError

__all__ = [
    "KINDS",
    "Labels",
    "batch_of",
    "chosen_labels",
    "cut",
    "kept_pitches",
    "merged_labels",
    "moved",
    "pitched",
    "scaled",
]

Labels = Tensor | Mapping[str, Any] | None

_ALONE = "labels"
_NAMES = {
    "notes": ("notes",),
    "events": ("events", "pedals", "chords"),
    "roll": ("roll", "onset", "offset", "frame", "velocity", "mask"),
    "frames": ("frames", "pedal", "pedal_onset", "pedal_offset", "activity"),
    "f0": ("f0",),
    "classes": (_ALONE, "classes", "class", "label", "target", "scores", "embedding"),
}
KINDS: Mapping[str, str] = {name: kind for kind, names in _NAMES.items() for name in names}
"""The kind of an entry where an augmentation is not told otherwise."""

_TIMED = ("notes", "events")
_PITCHES = (0.0, 127.0)


def batch_of(labels: Labels) -> dict[str, Tensor]:
    """Return the entries that are tensors."""
    if labels is None:
        return {}
    if isinstance(labels, Tensor):
        return {_ALONE: labels}
    return {name: value for name, value in labels.items() if isinstance(value, Tensor)}


def _rebuilt(labels: Labels, entries: Mapping[str, Tensor]) -> Labels:
    if labels is None:
        return None
    return entries[_ALONE] if isinstance(labels, Tensor) else {**labels, **entries}


def chosen_labels(labels: Labels, index: Tensor) -> Labels:
    """Return the labels of some examples."""
    return _rebuilt(labels, {n: t[index.to(t.device)] for n, t in batch_of(labels).items()})


def merged_labels(labels: Labels, part: Labels, index: Tensor) -> Labels:
    """Return the labels with those of some examples replaced; what came in stays as it is."""
    parts = batch_of(part)
    return _rebuilt(
        labels,
        {
            n: t if parts[n] is t else t.index_copy(0, index.to(t.device), parts[n].to(t.dtype))
            for n, t in batch_of(labels).items()
        },
    )


def moved(labels: Labels, kinds: Mapping[str, str], moves: Mapping[str, Any]) -> Labels:
    """Return labels, each entry moved by the function of its kind; kinds without one stay.

    Raises
    ------
    UsageError
        If nobody said of which kind an entry is.
    """
    entries = {}
    for name, tensor in batch_of(labels).items():
        kind = kinds.get(name)
        if kind not in _NAMES:
            raise UsageError(
                f"labels {name!r} must be of a kind that is known, to be moved with the sound, got "
                f"{kind!r}; give the augmentation kinds={{{name!r}: one of {', '.join(_NAMES)}}}"
            )
        move = moves.get(kind)
        entries[name] = move(tensor) if move else tensor
    return _rebuilt(labels, entries)


def pitched(labels: Labels, steps: Tensor, cents: Tensor, kinds: Mapping[str, str]) -> Labels:
    """Return labels of sound moved by whole semitones, and by a detuning that has no key.

    Parameters
    ----------
    steps
        int64 (batch,), semitones up. What leaves the keys is gone.
    cents
        float32 (batch,), in semitones: only ``f0`` follows.
    """

    def notes(table: Tensor) -> Tensor:
        none = table[..., 1] < 0
        table = table.clone()
        table[..., 2] += steps.to(table)[:, None]
        out = (table[..., 2] < _PITCHES[0]) | (table[..., 2] > _PITCHES[1])
        return _without(table, none | out)

    def roll(values: Tensor) -> Tensor:
        keys = torch.arange(values.shape[-1], device=values.device)
        return _picked(values, keys - steps.to(values.device)[:, None], axis=-1)

    def hertz(values: Tensor) -> Tensor:
        ratio = torch.exp2((steps + cents) / 12.0).to(values)
        return values * ratio.view(-1, *[1] * (values.ndim - 1))

    return moved(labels, kinds, {"notes": notes, "roll": roll, "f0": hertz})


def kept_pitches(labels: Labels, steps: Tensor, kinds: Mapping[str, str]) -> Tensor:
    """Return the semitones nearest to those asked for that keep every note on the keys."""
    for name, tensor in batch_of(labels).items():
        kind = kinds.get(name)
        if kind not in ("notes", "roll"):
            continue
        lowest, highest, keys = (_table_span if kind == "notes" else _roll_span)(tensor)
        lowest, highest = lowest.to(steps.device), highest.to(steps.device)
        some = highest >= lowest
        steps = torch.where(some, torch.clamp(steps, -lowest, keys - highest), steps)
    return steps


def _table_span(table: Tensor) -> tuple[Tensor, Tensor, int]:
    pitch, none = table[..., 2], table[..., 1] < 0
    if not pitch.shape[1]:
        empty = torch.zeros(len(table), dtype=torch.int64, device=table.device)
        return empty + 1, empty, 127
    lowest = pitch.masked_fill(none, 1e6).amin(1).floor()
    highest = pitch.masked_fill(none, -1e6).amax(1).ceil()
    return lowest.long(), highest.long(), int(_PITCHES[1])


def _roll_span(values: Tensor) -> tuple[Tensor, Tensor, int]:
    keys = values.shape[-1]
    used = (values > 0).flatten(1, -2).any(1)
    at = torch.arange(keys, device=values.device)
    lowest = torch.where(used, at, keys).amin(1)
    highest = torch.where(used, at, -1).amax(1)
    return lowest, highest, keys - 1


def scaled(
    labels: Labels, speed: Tensor, kinds: Mapping[str, str], *, seconds: float, kept: float
) -> Labels:
    """Return labels of sound that is played faster by ``speed``, float32 (batch,).

    The sound was ``seconds`` long and is ``kept`` seconds long; labels end where it ends.
    """

    def times(table: Tensor) -> Tensor:
        table = table.clone()
        table[..., :2] /= speed.to(table)[:, None, None]
        return _within(table, kept)

    def frames(values: Tensor) -> Tensor:
        return _picked(values, _positions(values, speed, seconds, kept), axis=1)

    moves = {**dict.fromkeys(_TIMED, times), **dict.fromkeys(("roll", "frames", "f0"), frames)}
    return moved(labels, kinds, moves)


def _positions(values: Tensor, speed: Tensor, seconds: float, kept: float) -> Tensor:
    """Return which old frame each new one shows; the number of frames goes with the length."""
    count = values.shape[1]
    new = max(1, round(count * kept / seconds))
    at = (torch.arange(new, device=values.device) + 0.5) * (kept / new / seconds * count)
    return (at * speed.to(values.device)[:, None]).floor().long()


def cut(
    labels: Labels,
    starts: Tensor,
    kinds: Mapping[str, str],
    *,
    length: int,
    samples: int,
    rate: float,
) -> Labels:
    """Return labels of the ``length`` samples from ``starts``, int64 (batch,), of ``samples``."""

    def times(table: Tensor) -> Tensor:
        table = table.clone()
        none = table[..., 1] < 0
        table[..., :2] -= (starts.to(table.device)[:, None, None] / rate).to(table.dtype)
        table = _without(table, none | (table[..., 1] <= 0))
        return _within(table, length / rate)

    def frames(values: Tensor) -> Tensor:
        count = values.shape[1]
        new = max(1, round(count * length / samples))
        first = (starts.to(values.device).double() * count / samples).round().long()
        return _picked(values, first[:, None] + torch.arange(new, device=values.device), axis=1)

    moves = {**dict.fromkeys(_TIMED, times), **dict.fromkeys(("roll", "frames", "f0"), frames)}
    return moved(labels, kinds, moves)


def _within(table: Tensor, seconds: float) -> Tensor:
    """Return a table without what lies outside 0 to ``seconds``, and cut to it."""
    late = table[..., 0] >= seconds
    none = table[..., 1] < 0
    table = torch.cat([table[..., :2].clamp(0.0, seconds), table[..., 2:]], dim=-1)
    return _without(table, late | none)


def _without(table: Tensor, gone: Tensor) -> Tensor:
    return table.masked_fill(gone[..., None], -1.0)


def _picked(values: Tensor, positions: Tensor, *, axis: int) -> Tensor:
    """Return, along an axis, what is at positions (batch or 1, new); 0 where there is nothing."""
    axis %= values.ndim
    shape = [1] * values.ndim
    shape[0], shape[axis] = positions.shape
    size = list(values.shape)
    size[axis] = positions.shape[1]
    inside = (positions >= 0) & (positions < values.shape[axis])
    index = positions.clamp(0, values.shape[axis] - 1).view(shape).expand(size)
    return torch.gather(values, axis, index).masked_fill(~inside.view(shape), 0)
