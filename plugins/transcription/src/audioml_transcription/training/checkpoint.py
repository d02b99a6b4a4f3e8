"""Checkpoints: whole or not there, and read without running anything that is in them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from audioml.core.errors import IntegrityError
from audioml.core.files import replacing, shown

__all__ = ["load", "save"]

_KIND = "audioml-transcription"


def save(path: Path, **state: Any) -> None:
    """Write a checkpoint; the old one stays until the new one is whole."""
    with replacing(path) as unfinished:
        torch.save({"kind": _KIND, **state}, unfinished)


def load(path: Path) -> dict[str, Any]:
    """Return the state in a checkpoint.

    Raises
    ------
    IntegrityError
        If it is no checkpoint, one of another task, or holds more than tensors and numbers.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise IntegrityError(
            f"{shown(path)} is no checkpoint that can be trusted: {str(error).splitlines()[0]}"
        ) from error
    if not isinstance(state, dict) or state.get("kind") != _KIND:
        raise IntegrityError(f"{shown(path)} is not a checkpoint of piano transcription")
    return state
