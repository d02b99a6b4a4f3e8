"""The network, step by step or over a whole prompt, compiled by numba.

Nothing here checks its arguments, which `compiled` makes.
"""

# ruff: noqa: PLR0917  numba calls by position

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .drawing import Choice, draw
from .exponential import exponential
from .jit import compiled, inlined
from .layout import Plan, Room
from .products import multiply

__all__ = ["AHEAD", "forward", "generate"]

AHEAD = 8
"""Rows for which a layer's past tap is multiplied at once: steps to come, or songs."""

_f = np.float32
_Floats = NDArray[np.float32]
_Integers = NDArray[np.int64]


@inlined
def _unit(filter_: Any, gate: Any) -> Any:
    """Return tanh(filter) * logistic(gate), to about 1e-7; beyond 20 and 40 both are constant."""
    x = exponential(min(max(_f(-2.0) * filter_, _f(-40.0)), _f(40.0)))
    y = exponential(min(max(-gate, _f(-40.0)), _f(40.0)))
    return (_f(1.0) - x) / ((_f(1.0) + x) * (_f(1.0) + y))


@inlined
def _past(
    plan: Plan, layer: int, x: NDArray[np.float32], x_at: int, rows: int, room: Room, at: int
) -> None:
    """Add the past tap of a layer to rows of gates, which hold the bias, from row ``at`` on."""
    multiply(
        plan.weights, plan.past[layer], plan.residual, 2 * plan.gate, plan.gate_scale[layer],
        x, x_at, plan.residual, rows, room.gates, at * 2 * plan.gate, 2 * plan.gate,
    )  # fmt: skip


@inlined
def _layer(plan: Plan, layer: int, rows: int, room: Room, at: int) -> None:
    """Take rows of hidden and skip channels through a layer; its gates hold bias and past."""
    hidden, gates, units = room.hidden, room.gates, room.units
    residual, gate, width = plan.residual, plan.gate, room.hidden.shape[1]
    multiply(
        plan.weights, plan.now[layer], residual, 2 * gate, plan.gate_scale[layer],
        hidden, 0, width, rows, gates, at * 2 * gate, 2 * gate,
    )  # fmt: skip
    for r in range(rows):
        for i in range(gate):
            units[r, i] = _unit(gates[at + r, 0, i], gates[at + r, 1, i])
        if not plan.adds:
            for i in range(residual):
                hidden[r, i] = _f(0)
        for i in range(width):
            hidden[r, i] += plan.out_bias[layer, i]
    multiply(
        plan.weights, plan.out[layer], gate, width, plan.out_scale[layer],
        units, 0, gate, rows, hidden, 0, width,
    )  # fmt: skip


@inlined
def _head(plan: Plan, rows: int, room: Room) -> int:
    """Take the skip channels to logits; return in which half of ``room.head`` these are."""
    y, step, half = room.head, room.head.shape[2], 0
    whole = room.head.shape[1] * step  # of a half: there may be room for more rows
    skip = room.hidden[:, plan.residual :]
    for r in range(rows):
        for i in range(plan.skip):
            y[0, r, i] = max(skip[r, i], _f(0)) if plan.rectifies else skip[r, i]
    for j in range(plan.head.shape[0]):
        k, o = plan.head_widths[j], plan.head_widths[j + 1]
        for r in range(rows):
            if j:
                for i in range(k):
                    y[half, r, i] = max(y[half, r, i], _f(0))
            for i in range(o):
                y[1 - half, r, i] = plan.head_bias[j, i]
        multiply(
            plan.weights, plan.head[j], k, o, plan.head_scale[j],
            y, half * whole, step, rows, y, (1 - half) * whole, step,
        )  # fmt: skip
        half = 1 - half
    return half


@inlined
def _begin(plan: Plan, token: int, room: Room, row: int) -> None:
    """Make a row of hidden and skip channels of an amplitude."""
    for i in range(room.hidden.shape[1]):
        room.hidden[row, i] = plan.embedding[token, i]


@inlined
def _bias(biases: _Floats, song: int, layer: int, room: Room, row: int) -> None:
    for half in range(2):
        for i in range(biases.shape[3]):
            room.gates[row, half, i] = biases[song, layer, half, i]


@compiled
def forward(
    plan: Plan, biases: _Floats, queue: _Floats, song: int, time: int, tokens: _Integers,
    logits: _Floats, room: Room,
) -> None:  # fmt: skip
    """Give one song ``tokens``, all at once; the logits that follow each, where there is room.

    ``queue``, of shape (slots, songs, residual), holds the last inputs of every layer: step ``t``
    in slot ``t % dilation`` of the layer's ring.
    """
    count, hidden, past = tokens.shape[0], room.hidden, room.past
    for t in range(count):
        _begin(plan, tokens[t], room, t)
    for layer in range(plan.dilations.shape[0]):
        dilation, start = plan.dilations[layer], plan.starts[layer]
        for t in range(count):
            slot = start + (time + t) % dilation
            for i in range(plan.residual):
                past[t, i] = queue[slot, song, i] if t < dilation else hidden[t - dilation, i]
            _bias(biases, song, layer, room, t)
        for t in range(max(0, count - dilation), count):
            slot = start + (time + t) % dilation
            for i in range(plan.residual):
                queue[slot, song, i] = hidden[t, i]
        _past(plan, layer, past, 0, count, room, 0)
        _layer(plan, layer, count, room, 0)
    if logits.shape[0]:
        half = _head(plan, count, room)
        for t in range(count):
            for i in range(logits.shape[1]):
                logits[t, i] = room.head[half, t, i]


@inlined
def _look_ahead(
    plan: Plan, biases: _Floats, queue: _Floats, layer: int, slot: int, room: Room
) -> None:
    """Multiply the past tap of the steps to come whose past is known, where none are left."""
    songs = queue.shape[1]
    if room.left[layer] == 0:
        ahead = max(1, AHEAD // songs)
        room.left[layer] = min(ahead, plan.dilations[layer] - slot)
        room.place[layer] = layer * ahead * songs
        for step in range(room.left[layer]):
            for song in range(songs):
                _bias(biases, song, layer, room, room.place[layer] + step * songs + song)
        at = (plan.starts[layer] + slot) * songs * plan.residual
        _past(plan, layer, queue, at, room.left[layer] * songs, room, room.place[layer])


@compiled
def generate(
    plan: Plan, biases: _Floats, queue: _Floats, time: int, tokens: _Integers,
    uniforms: NDArray[np.float64], choice: Choice, drawn: NDArray[np.uint8], room: Room,
) -> None:  # fmt: skip
    """Go on with every song: ``tokens`` holds the last one of each, ``drawn`` takes the new ones.

    ``uniforms`` and ``drawn`` have shape (songs, steps); for ``queue`` see `forward`.
    """
    songs, steps = drawn.shape
    hidden, left, place = room.hidden, room.left, room.place
    for layer in range(plan.dilations.shape[0]):
        left[layer] = 0
    for step in range(steps):
        for song in range(songs):
            _begin(plan, tokens[song], room, song)
        for layer in range(plan.dilations.shape[0]):
            slot = (time + step) % plan.dilations[layer]
            _look_ahead(plan, biases, queue, layer, slot, room)
            for song in range(songs):
                for i in range(plan.residual):
                    queue[plan.starts[layer] + slot, song, i] = hidden[song, i]
            _layer(plan, layer, songs, room, place[layer])
            left[layer] -= 1
            place[layer] += songs
        half = _head(plan, songs, room)
        for song in range(songs):
            tokens[song] = draw(room.head[half, song], uniforms[song, step], choice, song, room)
            drawn[song, step] = tokens[song]
