"""The model that comes with this distribution: it is put into the store when it is first used."""

from __future__ import annotations

from pathlib import Path

from audioml.core.models.published import Published, copied

__all__ = ["FOLDER", "WAVENET"]

FOLDER = Path(__file__).with_name("model")

WAVENET = Published(
    name="wavenet",
    version="0.1.0",  # another for every other set of weights: a store keeps what it has
    license="Apache-2.0",
    description="melodies on an instrument of three partials, calm or lively",
    origins=(),
    write=copied(FOLDER),
    task="song",
)
