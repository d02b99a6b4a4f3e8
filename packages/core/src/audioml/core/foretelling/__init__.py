"""What comes next in a song: who foretells its samples, and what is to be beaten at that."""

from .baselines import Baselines
from .foreteller import Foreteller
from .linear import foretold_linearly

__all__ = ["Baselines", "Foreteller", "foretold_linearly"]
