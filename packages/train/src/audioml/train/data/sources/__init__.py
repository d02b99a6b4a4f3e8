"""Who reads a data set: our own parsers, a plugin's, or any function that a setting names.

A parser is called with the `Settings` and returns `Item` objects, or a `Found` that also holds
what it could not use.
"""

from .find import parse

__all__ = ["parse"]
