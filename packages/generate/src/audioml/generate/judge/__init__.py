"""How good a model that makes songs is: in bits, by ear's substitutes, and whether it copies."""

from .judging import Settings, judge
from .verdict import lines

__all__ = ["Settings", "judge", "lines"]
