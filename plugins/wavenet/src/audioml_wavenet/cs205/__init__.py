"""The networks of CS205-Waveforms, read without Keras."""

from __future__ import annotations

__all__: list[str] = []
