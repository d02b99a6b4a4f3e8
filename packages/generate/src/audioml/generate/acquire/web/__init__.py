"""HTTP as a good guest speaks it: one connection, robots.txt, patience, and nothing got twice."""

from .client import Reply, Web
from .clock import Clock, Pace
from .download import Identity, Span, download, identity
from .part import Part

__all__ = ["Clock", "Identity", "Pace", "Part", "Reply", "Span", "Web", "download", "identity"]
