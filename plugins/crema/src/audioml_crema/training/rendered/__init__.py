"""Chord progressions rendered on the spot: recordings with exact labels, and no download."""

from .dataset import Rendering, render

__all__ = ["Rendering", "render"]
