"""Long recordings: taken at once, answered later, kept for a while."""

from .jobs import Jobs
from .state import JobState

__all__ = ["JobState", "Jobs"]
