"""Rules of decoders, each tried on outputs of a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import AudiomlError
from ...stages import DecoderStream
from ...values import Prediction, Tensors, concatenate
from .comparing import assert_equal
from .examples import DecoderExample
from .kit import Rules

__all__ = [
    "RULES",
    "decodes_by_the_clock",
    "decodes_deterministically",
    "decodes_in_a_stream",
    "decodes_no_rows",
    "decodes_nothing_after_the_end",
    "leaves_outputs_alone",
]


def decodes_deterministically(example: DecoderExample) -> None:
    """The same outputs give the same answer."""
    assert_equal(_decoded(example), _decoded(example))


def leaves_outputs_alone(example: DecoderExample) -> None:
    """The outputs are the caller's and stay as they are."""
    before = {name: values.copy() for name, values in example.outputs.items()}
    _decoded(example)
    for name, values in example.outputs.items():
        np.testing.assert_array_equal(values, before[name], err_msg=name)


def decodes_by_the_clock(example: DecoderExample) -> None:
    """Rows that begin later are answered with times that are later by as much."""
    assert_equal(_decoded(example), _decoded(example, shift=10.0), shift=10.0)


def decodes_nothing_after_the_end(example: DecoderExample) -> None:
    """No event ends after the signal does, though its last window may."""
    end = _end(example) - 0.25 * example.hop
    for name, annotation in _decoded(example, end=end).annotations.items():
        latest = annotation.intervals.max(initial=0.0)
        assert latest <= end + 1e-6, f"{name!r} ends at {latest} s, the signal at {end} s"


def decodes_no_rows(example: DecoderExample) -> None:
    """No rows, as of a signal too short for one, are answered with the same entries, or refused.

    A decoder of whole signals, which are a row each, refuses them by a sentence of audioml's own.
    """
    none = {name: values[:0] for name, values in example.outputs.items()}
    whole = list(_decoded(example))
    try:
        found = example.decoder(none, starts=np.zeros(0), end=0.0)
    except AudiomlError:
        return
    assert list(found) == whole, f"entries differ: {list(found)} and {whole}"


def decodes_in_a_stream(example: DecoderExample) -> None:
    """The answers of its stream, joined, are the answer for the whole, however it is cut."""
    starts, end, whole = _starts(example), _end(example), _decoded(example)
    for size in (1, 3):
        stream: DecoderStream = getattr(example.decoder, "stream")()  # noqa: B009
        parts = [
            stream.push(_rows(example.outputs, i, i + size), starts=starts[i : i + size], end=end)
            for i in range(0, len(starts), size)
        ]
        joined = concatenate([*parts, stream.finish(end=end)])
        assert_equal(Prediction({name: joined[name] for name in whole if name in joined}), whole)


def _decoded(
    example: DecoderExample, *, shift: float = 0.0, end: float | None = None
) -> Prediction:
    found = example.decoder(
        example.outputs,
        starts=_starts(example) + shift,
        end=(_end(example) if end is None else end) + shift,
    )
    assert isinstance(found, Prediction), f"a {type(found).__name__} is no Prediction"
    return found


def _rows(outputs: Tensors, first: int, last: int) -> Tensors:
    return {name: values[first:last] for name, values in outputs.items()}


def _starts(example: DecoderExample) -> NDArray[np.float64]:
    count = len(next(iter(example.outputs.values())))
    return np.arange(count, dtype=np.float64) * np.float64(example.hop)


def _end(example: DecoderExample) -> float:
    return len(_starts(example)) * example.hop


def _is_example(component: Any) -> bool:
    return isinstance(component, DecoderExample)


def _streams(component: Any) -> bool:
    return _is_example(component) and hasattr(component.decoder, "stream")


RULES = (
    Rules(
        _is_example,
        (
            decodes_deterministically,
            leaves_outputs_alone,
            decodes_by_the_clock,
            decodes_nothing_after_the_end,
            decodes_no_rows,
        ),
    ),
    Rules(_streams, (decodes_in_a_stream,)),
)
