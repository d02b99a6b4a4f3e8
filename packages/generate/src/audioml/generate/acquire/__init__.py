"""Recordings with known licences, from collections that plugins offer to a folder."""

from .choosing import Request
from .collection import Collection, Wanted
from .errors import FetchError
from .fetcher import Fetcher
from .item import File, Item, Member, Place, Url
from .report import Report
from .run import acquire

__all__ = [
    "Collection",
    "FetchError",
    "Fetcher",
    "File",
    "Item",
    "Member",
    "Place",
    "Report",
    "Request",
    "Url",
    "Wanted",
    "acquire",
]
