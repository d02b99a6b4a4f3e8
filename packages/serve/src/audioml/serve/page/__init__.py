"""The page on which people try the models of a server, as a Flask blueprint."""

from .blueprint import blueprint

__all__ = ["blueprint"]
