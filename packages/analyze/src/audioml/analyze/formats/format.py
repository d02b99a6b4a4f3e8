"""What a format is: a suffix, and a function from an analysis to bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..analysis import Analysis

__all__ = ["Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A way of writing an `Analysis`.

    ``suffix`` begins with a dot. ``encode`` raises `audioml.core.errors.OutputError` where the
    analysis holds nothing that the format can say.
    """

    suffix: str
    encode: Callable[[Analysis], bytes]
