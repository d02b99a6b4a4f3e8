"""Licences of recordings: which one a text or an address means, and whether it is allowed."""

from .allowed import Allowed
from .identify import UNKNOWN, Licence, identify

__all__ = ["UNKNOWN", "Allowed", "Licence", "identify"]
