"""Rules of estimators that are made of three stages."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...pipeline import Pipeline
from ...values import Audio, Rows
from .comparing import song
from .kit import Rules

__all__ = [
    "RULES",
    "does_not_depend_on_the_batch_size",
    "keeps_rows_apart",
]


def does_not_depend_on_the_batch_size(pipeline: Pipeline) -> None:
    """Outputs are the same, however many rows are run at a time."""
    audio = song(pipeline.spec)
    whole = pipeline.outputs(audio)
    for size in (1, 3):
        part = pipeline.outputs(audio, batch_size=size)
        assert list(part) == list(whole), f"heads differ: {list(whole)} and {list(part)}"
        for name, values in whole.items():
            np.testing.assert_allclose(part[name], values, atol=1e-4, rtol=1e-4, err_msg=name)


def keeps_rows_apart(pipeline: Pipeline) -> None:
    """Rows of different signals that share a run are answered as each would be alone."""
    audio = song(pipeline.spec)
    samples = 0.1 * audio.samples[:, ::-1]  # as long, and quieter
    backwards = Audio(np.ascontiguousarray(samples), audio.rate)
    one, other = pipeline.transform(audio), pipeline.transform(backwards)
    tensors = {n: np.concatenate([t, other.tensors[n]]) for n, t in one.tensors.items()}
    both = pipeline.run(Rows(tensors, np.concatenate([one.starts, other.starts])))
    for name, values in pipeline.run(other).items():
        np.testing.assert_allclose(
            both[name][len(one) :], values, atol=1e-4, rtol=1e-4, err_msg=name
        )


def _is_pipeline(component: Any) -> bool:
    return isinstance(component, Pipeline)


def _shares_runs(component: Any) -> bool:
    return _is_pipeline(component) and component.spec.batching == "rows"


RULES = (
    Rules(_is_pipeline, (does_not_depend_on_the_batch_size,)),
    Rules(_shares_runs, (keeps_rows_apart,)),
)
