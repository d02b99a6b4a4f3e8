"""From recordings to a corpus: decoded, at one rate, of one channel, checked, split by artist."""

from .report import Report
from .run import prepare
from .settings import Settings

__all__ = ["Report", "Settings", "prepare"]
