"""Weights to begin with: those of a model folder, such as the published one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from audioml.core.errors import IntegrityError, NotFoundError
from audioml.core.files import shown
from audioml.core.store import Store

from .network import ChordNetwork, fill

__all__ = ["begin_with"]


def begin_with(network: ChordNetwork, model: str) -> None:
    """Put the weights of a model into a network of the same widths.

    Parameters
    ----------
    model
        A model folder, or the name of a model in the store.

    Raises
    ------
    NotFoundError
        If there is no such model.
    IntegrityError
        If it has no such weights, or those of other widths.
    """
    folder = Path(model) if Path(model).is_dir() else Store().find(model)
    if folder is None:
        raise NotFoundError(
            f"'task.start' must be a model folder or a model in the store, got {model!r}; "
            "`audioml models pull crema-chord` fetches the published weights"
        )
    try:
        with np.load(folder / "weights.npz", allow_pickle=False) as file:
            weights = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise IntegrityError(f"{shown(folder)} has no weights of a chord network") from error
    fill(network, weights)
