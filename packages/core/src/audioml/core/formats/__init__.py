"""Writers of analyses: each turns an `Analysis` into the bytes of one file."""

from .format import Format, find_format

__all__ = ["Format", "find_format"]
