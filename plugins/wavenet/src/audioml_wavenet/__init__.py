"""WaveNet for audioml: songs made sample by sample, in real time on one core."""

from __future__ import annotations

__all__: list[str] = []
