"""Features as layers of torch, equal to the extractors of the core that run them later."""

from .logmel import LogMel, settings
from .spectral import FACTS, SpectralModule, divided

__all__ = ["FACTS", "LogMel", "SpectralModule", "divided", "settings"]
