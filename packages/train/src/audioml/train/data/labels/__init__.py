"""Labels of recordings: what is played, where and what for, out of the files that say so."""

from .labels import Labels
from .read import READERS, read_labels

__all__ = ["READERS", "Labels", "read_labels"]
