"""Writers of analyses: each turns an `Analysis` into the bytes of one file."""

from .format import Format

__all__ = ["Format"]
