"""The model that comes with this distribution."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from audioml.core.errors import NotFoundError
from audioml.core.models.load import assemble
from audioml.core.models.manifest import MANIFEST, Manifest
from audioml.core.stages import Estimator

__all__ = ["folder", "piano_notes"]


def folder() -> Path:
    """Return the model folder.

    Raises
    ------
    NotFoundError
        If this build has none.
    """
    found = Path(str(resources.files(__package__).joinpath("model")))
    if not (found / MANIFEST).is_file():
        raise NotFoundError(
            "this build of audioml-transcription has no model; train one and put its folder there"
        )
    return found


def piano_notes() -> Estimator:
    """Return the piano transcriber that is shipped."""
    path = folder()
    model: Estimator = assemble(path, Manifest.read(path))
    return model
