"""The place on this machine where models, caches and trust pins are kept."""

from .store import Store, home

__all__ = ["Store", "home"]
