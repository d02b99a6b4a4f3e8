"""Songs of a model that makes sound: blocks as they are made, and files of them.

`song` and `songs` are for programs; `sing` is what ``audioml generate song`` does.
"""

from .making import Song, Songs, song, songs
from .request import Request
from .singing import Sung, sing

__all__ = ["Request", "Song", "Songs", "Sung", "sing", "song", "songs"]
