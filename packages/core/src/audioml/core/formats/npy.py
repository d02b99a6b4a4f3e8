"""The one array of frames in an analysis, such as an embedding, as numpy's own file."""

from __future__ import annotations

import io

import numpy as np

from ..analysis import Analysis
from ..errors import OutputError
from .format import Format

__all__ = ["NPY", "encode"]


def encode(analysis: Analysis) -> bytes:
    """Return the values of the frames, of shape (t, ...), as an ``.npy`` file.

    Raises
    ------
    OutputError
        If there are no frames, or several.
    """
    found = dict(analysis.frames())
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise OutputError(f"npy holds one array, and this analysis has {names}; choose npz or json")
    (frames,) = found.values()
    file = io.BytesIO()
    np.save(file, frames.values, allow_pickle=False)
    return file.getvalue()


NPY = Format(".npy", encode, "application/x-npy")
