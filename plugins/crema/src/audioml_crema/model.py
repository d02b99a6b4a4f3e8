"""The published chord model: where it is, and how it becomes a model folder."""

from __future__ import annotations

from pathlib import Path

from audioml.core.models.published import Origin, Published

__all__ = ["CHORD"]


def _write(fetched: tuple[Path, ...], folder: Path) -> None:
    from .convert import write_folder

    write_folder(fetched[0], folder)


CHORD = Published(
    name="crema-chord",
    version="a4c7d57.0",
    task="chord",
    license="BSD-2-Clause",
    description="170 chords with inversions: crema's convolutional-recurrent estimator",
    origins=(
        Origin(
            "pip:crema==0.2.0/crema/models/chord/model.h5",
            "sha256:08b80e5b648e743c89284e9bc0b12b993dad1129157a75e0de70e076b0b8a235",
            6441860,
        ),
    ),
    write=_write,
    # means over the author's 244 test recordings: mir_eval's weighted chord symbol recall
    metrics={
        "root": 0.803,
        "majmin": 0.785,
        "mirex": 0.781,
        "thirds": 0.768,
        "majmin_inv": 0.764,
        "thirds_inv": 0.746,
        "triads": 0.726,
        "triads_inv": 0.706,
        "sevenths": 0.675,
        "sevenths_inv": 0.661,
        "tetrads": 0.615,
        "tetrads_inv": 0.602,
    },
    answers=("chord",),
)
