"""Making songs without a training framework: compiled by numba, or by numpy where there is none."""

from __future__ import annotations

from .sampling import Sampling, uniforms
from .songs import Songs, songs

__all__ = ["Sampling", "Songs", "songs", "uniforms"]
