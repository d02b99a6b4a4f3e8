"""What a format is: a suffix, a media type, and a function from an analysis to bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..analysis import Analysis
from ..errors import PluginError
from ..plugins import Registry, registry

__all__ = ["Format", "find_format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A way of writing an `Analysis`.

    ``suffix`` begins with a dot; ``media`` is the media type, by which HTTP clients ask for it.
    ``encode`` raises `audioml.core.errors.OutputError` where the analysis holds nothing that the
    format can say.
    """

    suffix: str
    encode: Callable[[Analysis], bytes]
    media: str = "application/octet-stream"


def find_format(name: str, plugins: Registry | None = None) -> Format:
    """Return a format by its name.

    Raises
    ------
    PluginError
        If a plugin offers something else under that name.
    """
    component = (plugins or registry()).find("format", name)
    found = component.load()
    if not isinstance(found, Format):
        raise PluginError(
            f"format {name!r} must be a Format at {component.target!r}, got {type(found).__name__}"
        )
    return found
