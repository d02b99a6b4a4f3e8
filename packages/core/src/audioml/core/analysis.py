"""What an analysis of one recording is: what is known of the recording, and each model's answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .values import Annotation, Frames, Prediction

if TYPE_CHECKING:
    import jams

__all__ = ["Analysis", "Recording"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is known of a recording: its length in seconds, its tags, where it lies.

    ``path`` is None for an array or standard input. ``sha256`` is of the file's bytes.
    """

    duration: float
    path: Path | None = None
    title: str = ""
    artist: str = ""
    release: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The answers of one or more estimators about one recording.

    ``predictions`` maps the estimator's name, as it was asked for, to its prediction.
    """

    recording: Recording
    predictions: Mapping[str, Prediction]

    def __getitem__(self, estimator: str) -> Prediction:
        return self.predictions[estimator]

    def annotations(self, namespace: str | None = None) -> Iterator[Annotation]:
        """Yield every annotation, or those of one JAMS namespace."""
        for prediction in self.predictions.values():
            for annotation in prediction.annotations.values():
                if namespace in (None, annotation.namespace):
                    yield annotation

    def frames(self) -> Iterator[tuple[str, Frames]]:
        """Yield every grid of frames with its name, ``ESTIMATOR.ENTRY``."""
        for estimator, prediction in self.predictions.items():
            for name, frames in prediction.frames.items():
                yield f"{estimator}.{name}", frames

    def to_jams(self) -> jams.JAMS:
        """Return the analysis as an object of the ``jams`` library.

        Raises
        ------
        MissingDependencyError
            If ``jams`` is not installed.
        """
        from .formats.jams import to_jams

        return to_jams(self)
