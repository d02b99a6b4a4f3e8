"""Many requests, one run of a model."""

from .batcher import Batcher
from .call import Call, calling, current
from .turns import Turns

__all__ = ["Batcher", "Call", "Turns", "calling", "current"]
