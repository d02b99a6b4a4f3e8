"""Compares a network with what became of it, run by the backend that will run it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from audioml.core.errors import AudiomlError, IntegrityError
from audioml.core.models.manifest import Runtime
from audioml.core.plugins import Registry, registry
from audioml.core.stages import Session

from .network import Exportable

__all__ = ["TOLERANCE", "check", "difference"]

TOLERANCE = 1e-4


def check(
    network: Exportable,
    folder: Path,
    runtime: Runtime,
    *,
    tolerance: float = TOLERANCE,
    plugins: Registry | None = None,
) -> float:
    """Return how far a runtime's answers are off, at most, from those of the network.

    The example is tried, and one with all moving axes twice as long: what an exporter fixed to the
    lengths of the example shows there.

    Raises
    ------
    IntegrityError
        If it is more than ``tolerance``, or answers are missing or of another shape.
    NotFoundError
        If no plugin has the backend.
    """
    backend = (plugins or registry()).find("backend", runtime.backend).load()()
    session: Session = backend.load(folder / runtime.file)
    fixed = runtime.backend == "tflite"
    tried = [network.example] if fixed else [network.example, network.longer()]
    return max(_checked(network, session, runtime, each, tolerance) for each in tried)


def _checked(
    network: Exportable,
    session: Session,
    runtime: Runtime,
    tensors: Sequence[Tensor],
    tolerance: float,
) -> float:
    shapes = ", ".join(str(tuple(t.shape)) for t in tensors)
    who = f"{runtime.file!r}, run by {runtime.backend!r}, "
    try:
        off = difference(network, session, tensors)
    except AudiomlError as error:
        raise IntegrityError(
            f"{who}cannot answer inputs of shape {shapes} as the network does: {error}"
        ) from error
    if not off <= tolerance:
        raise IntegrityError(
            f"{who}answers inputs of shape {shapes} otherwise than the network: it is off by "
            f"{off:.3g}, allowed {tolerance:g}"
        )
    return off


def difference(network: Exportable, session: Session, tensors: Sequence[Tensor]) -> float:
    """Return the largest absolute difference of any answer.

    Raises
    ------
    IntegrityError
        If answers are missing or of another shape.
    """
    feeds = {n: t.numpy() for n, t in zip(network.inputs, tensors, strict=True)}
    given = session.run(feeds)
    worst = 0.0
    names = list(given) if len(given) == len(network.outputs) else network.outputs
    for name, (wanted, value) in zip(names, network.answers(tensors).items(), strict=True):
        expected = value.numpy()
        found = given.get(wanted, given.get(name))
        if found is None or found.shape != expected.shape:
            got = "none" if found is None else str(found.shape)
            raise IntegrityError(f"{wanted!r} must be of shape {expected.shape}, got {got}")
        apart = np.abs(np.asarray(found, np.float64) - expected.astype(np.float64))
        worst = max(worst, float(apart.max(initial=0.0)))
        if np.isnan(apart).any():
            return float("nan")
    return worst
