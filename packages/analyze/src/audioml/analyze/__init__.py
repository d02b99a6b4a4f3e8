"""Analysis of recordings: estimators in, annotations out.

>>> from audioml.analyze import analyze
>>> analysis = analyze("song.mp3")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audioml.core.analysis import Analysis, Recording

    from .api import analyze

__all__ = ["Analysis", "Recording", "analyze"]


def __getattr__(name: str) -> Any:  # numpy only once something is analysed
    if name == "analyze":
        from .api import analyze

        return analyze
    if name in ("Analysis", "Recording"):
        from audioml.core import analysis

        return getattr(analysis, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
