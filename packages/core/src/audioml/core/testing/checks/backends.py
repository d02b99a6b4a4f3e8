"""Rules of backends, each tried on a model file."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ...stages import Session, TensorSpec
from ...values import Tensors
from .comparing import assert_refused
from .examples import BackendExample
from .kit import Rules

__all__ = [
    "RULES",
    "gives_outputs_that_stay",
    "gives_what_it_says",
    "loads_a_session",
    "refuses_other_inputs",
    "refuses_what_is_no_model",
    "runs_deterministically",
    "runs_in_threads",
    "runs_rows_as_alone",
    "takes_a_number_of_threads",
]

_ROWS = 3
_ANY = 4  # how long an axis of any length is made


def loads_a_session(example: BackendExample) -> None:
    """A model file becomes a session that says what it takes and gives."""
    session = _session(example)
    assert isinstance(session, Session), f"a {type(session).__name__} is no Session"
    for name, spec in {**session.inputs, **session.outputs}.items():
        assert isinstance(spec, TensorSpec), f"{name!r} is described by a {type(spec).__name__}"
        assert spec.shape, f"{name!r} has no axes: the first is the row"
    assert session.inputs, "the session has no inputs"
    assert session.outputs, "the session has no outputs"


def runs_deterministically(example: BackendExample) -> None:
    """The same inputs give the same outputs, and stay as they are."""
    session = _session(example)
    feeds = _feeds(example, session)
    before = {name: values.copy() for name, values in feeds.items()}
    _assert_same(session.run(feeds), session.run(feeds))
    for name, values in feeds.items():
        np.testing.assert_array_equal(values, before[name], err_msg=name)


def gives_what_it_says(example: BackendExample) -> None:
    """Outputs have the names, the types and the shapes that the session tells."""
    session = _session(example)
    feeds = _feeds(example, session)
    outputs, rows = session.run(feeds), len(next(iter(feeds.values())))
    assert list(outputs) == list(session.outputs), (
        f"told {list(session.outputs)}, gave {list(outputs)}"
    )
    for name, spec in session.outputs.items():
        got = outputs[name]
        assert _fits(spec.shape, got.shape), f"{name!r} is told {spec.shape}, is {got.shape}"
        assert len(got) == rows, f"{name!r} has {len(got)} rows for {rows}"
        assert got.dtype == np.dtype(spec.dtype), f"{name!r} is told {spec.dtype}, is {got.dtype}"


def runs_rows_as_alone(example: BackendExample) -> None:
    """A row that shares a run is answered as it would be alone."""
    session = _session(example)
    feeds = _feeds(example, session)
    together = session.run(feeds)
    for row in range(len(next(iter(feeds.values())))):
        alone = session.run({name: values[row : row + 1] for name, values in feeds.items()})
        for name, values in alone.items():
            np.testing.assert_allclose(
                values[0], together[name][row], atol=1e-4, rtol=1e-4, err_msg=name
            )


def gives_outputs_that_stay(example: BackendExample) -> None:
    """Outputs are the caller's: the next run does not change them."""
    session = _session(example)
    kept = session.run(_feeds(example, session))
    before = {name: values.copy() for name, values in kept.items()}
    session.run(_feeds(example, session, seed=1))
    _assert_same(kept, before)


def runs_in_threads(example: BackendExample) -> None:
    """Where the session says that threads may share it, each gets what it would get alone."""
    session = _session(example)
    if not session.concurrent:
        return
    feeds = [_feeds(example, session, seed) for seed in range(4)]
    alone = [session.run(each) for each in feeds]
    with ThreadPoolExecutor(len(feeds)) as pool:
        for one, other in zip(alone, pool.map(session.run, feeds), strict=True):
            _assert_same(one, other)


def takes_a_number_of_threads(example: BackendExample) -> None:
    """``threads=1`` is taken, and changes nothing but the speed."""
    one = example.backend.load(example.file, threads=1)
    session = _session(example)
    feeds = _feeds(example, session)
    for name, values in session.run(feeds).items():
        np.testing.assert_allclose(one.run(feeds)[name], values, atol=1e-4, rtol=1e-4, err_msg=name)


def refuses_other_inputs(example: BackendExample) -> None:
    """Inputs that are missing are refused by a sentence of audioml's own."""
    session = _session(example)
    assert_refused(lambda: session.run({}), "a run without inputs")


def refuses_what_is_no_model(example: BackendExample) -> None:
    """A file that is missing or damaged is refused by a sentence of audioml's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, example.file.name)
        assert_refused(lambda: example.backend.load(path), "a file that is not there")
        path.write_bytes(b"\0this is no model")
        assert_refused(lambda: example.backend.load(path), "a file that is no model")


def _fits(told: tuple[int | None, ...], had: tuple[int, ...]) -> bool:
    """Tell whether a shape is as told; one that tells of rows alone tells nothing of them."""
    if len(told) == 1:
        return True
    return len(told) == len(had) and all(
        n in (None, m) for n, m in zip(told[1:], had[1:], strict=True)
    )


def _session(example: BackendExample) -> Session:
    return example.backend.load(example.file)


def _feeds(example: BackendExample, session: Session, seed: int = 0) -> dict[str, Any]:
    if example.feeds is not None:
        return {name: np.roll(values, seed, axis=0) for name, values in example.feeds.items()}
    random = np.random.Generator(np.random.PCG64(seed))
    feeds = {}
    for name, spec in session.inputs.items():
        shape = (_ROWS, *(_ANY if n is None else n for n in spec.shape[1:]))
        dtype = np.dtype("float32" if spec.dtype == "bfloat16" else spec.dtype)
        if dtype.kind == "f":
            feeds[name] = random.uniform(-1, 1, shape).astype(dtype)
        else:
            feeds[name] = random.integers(0, 2, shape).astype(dtype)
    return feeds


def _assert_same(one: Tensors, other: Tensors) -> None:
    assert list(one) == list(other), f"outputs differ: {list(one)} and {list(other)}"
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], atol=1e-6, err_msg=name)


def _is_example(component: Any) -> bool:
    return isinstance(component, BackendExample)


RULES = (
    Rules(
        _is_example,
        (
            loads_a_session,
            runs_deterministically,
            gives_what_it_says,
            runs_rows_as_alone,
            gives_outputs_that_stay,
            runs_in_threads,
            takes_a_number_of_threads,
            refuses_other_inputs,
            refuses_what_is_no_model,
        ),
    ),
)
