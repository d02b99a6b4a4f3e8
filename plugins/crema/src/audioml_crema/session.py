"""Loads and runs crema's chord network."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from audioml.core.errors import IntegrityError, UsageError, ValidationError
from audioml.core.stages import Backend, Session, TensorSpec
from audioml.core.values import Tensors

from .network import BINS, HARMONICS, HEADS, Network

__all__ = ["CremaBackend", "CremaSession"]


class CremaSession(Session):
    """Runs the network, one row after the other; threads may share it."""

    inputs: Mapping[str, TensorSpec] = {
        "cqt_mag": TensorSpec((None, None, BINS, HARMONICS), "float32")
    }
    outputs: Mapping[str, TensorSpec] = {
        name: TensorSpec((None, None, size), "float32")
        for name, size in {"chord_tag": 170, **HEADS}.items()
    }
    concurrent = True

    def __init__(self, network: Network) -> None:
        self._network = network

    def run(self, feeds: Tensors, /) -> Tensors:
        """Return the four heads, float32, shape (rows, t, labels) each."""
        features = np.asarray(feeds["cqt_mag"], np.float32)
        if features.ndim != 4 or 0 in features.shape or features.shape[2:] != (BINS, HARMONICS):
            raise ValidationError(
                f"'cqt_mag' must have shape (rows, t, {BINS}, {HARMONICS}), got {features.shape}"
            )
        rows = [self._network(row) for row in features]
        return {name: np.stack([row[name] for row in rows]) for name in self.outputs}


class CremaBackend(Backend):
    """Loads ``weights.npz``."""

    def load(
        self, path: Path, /, *, device: str = "cpu", threads: int | None = None
    ) -> CremaSession:
        """Return a session; ``threads`` is for the process to set, before it imports numpy."""
        if device != "cpu":
            raise UsageError(f"the backend 'crema' runs on 'cpu' only, got {device!r}")
        try:
            with np.load(path, allow_pickle=False) as file:
                weights = {name: file[name] for name in file.files}
            return CremaSession(Network.from_weights(weights))
        except (KeyError, OSError, ValueError, zipfile.BadZipFile) as error:
            raise IntegrityError(
                f"{path} does not hold the weights of crema's chord network: {error}"
            ) from error
