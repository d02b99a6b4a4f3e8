"""The features of ``X.tflite`` out of ``X.pkl``: a pickled ``get_features(y, sr, hop_size=None)``.

A pickle runs code when it is loaded, so one is loaded only where its SHA-256 was allowed, and then
in a process of its own that may crash, hang or fill its memory without taking this one along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .extractor import PickledExtractor

__all__ = ["PickledExtractor"]


def __getattr__(name: str) -> Any:  # the child is of this package, and needs none of it
    if name == "PickledExtractor":
        from .extractor import PickledExtractor

        return PickledExtractor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
