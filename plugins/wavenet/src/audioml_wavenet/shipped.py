"""The model that comes with this distribution: it is put into the store when it is first used.

Other weights need another version in ``model.json``: a store keeps what it has.
"""

from __future__ import annotations

from pathlib import Path

from audioml.core.models.published import Published

__all__ = ["FOLDER", "WAVENET"]

FOLDER = Path(__file__).with_name("model")
WAVENET = Published.brought(FOLDER)
