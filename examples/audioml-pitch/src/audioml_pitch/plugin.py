"""What this plugin offers, as data."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

audioml_contract = 1


@hookimpl
def components() -> Iterator[Component]:
    """Return the estimator."""
    yield Component(
        "estimator",
        "pitch",
        "audioml_pitch.estimator:Pitch",
        "pitch of one voice or instrument, librosa's pYIN",
        needs=("librosa",),
    )
