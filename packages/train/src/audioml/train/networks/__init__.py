"""Networks that several tasks are made of."""

from .conv import Encoder
from .headed import Headed
from .start import started

__all__ = ["Encoder", "Headed", "started"]
