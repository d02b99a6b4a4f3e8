"""Sound in and out of files, and its way to a model's rate and channels."""

from .conform import as_audio, conform, conform_blocks
from .read import check_readable, read, read_blocks
from .write import write

__all__ = [
    "as_audio",
    "check_readable",
    "conform",
    "conform_blocks",
    "read",
    "read_blocks",
    "write",
]
