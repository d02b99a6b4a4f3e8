"""The model that comes with this distribution: it is put into the store when it is first used."""

from __future__ import annotations

from pathlib import Path

from audioml.core.models.published import Published, copied

__all__ = ["FOLDER", "PIANO_NOTES"]

FOLDER = Path(__file__).with_name("model")

PIANO_NOTES = Published(
    name="piano-notes",
    version="0.2.0",  # another for every other set of weights: a store keeps what it has
    license="Apache-2.0",
    description="piano notes with velocities, and the sustain pedal",
    origins=(),
    write=copied(FOLDER),
    task="notes",
    answers=("note_midi", "pedal"),
)
