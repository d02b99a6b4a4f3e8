"""Values, stages, plugins, model folders and shared DSP: what every part of audioml stands on.

Names are imported on first use, so that a command which needs no numpy does not import it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models.load import load
    from .pipeline import Pipeline
    from .stages import (
        Backend,
        Decoder,
        Estimator,
        FeatureExtractor,
        Generator,
        ModelSpec,
        Session,
        Task,
        TensorSpec,
    )
    from .values import Annotation, Audio, Frames, Prediction, Rows, Source, concatenate

__version__ = "0.1.0"
__all__ = [
    "Annotation",
    "Audio",
    "Backend",
    "Decoder",
    "Estimator",
    "FeatureExtractor",
    "Frames",
    "Generator",
    "ModelSpec",
    "Pipeline",
    "Prediction",
    "Rows",
    "Session",
    "Source",
    "Task",
    "TensorSpec",
    "concatenate",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = (".values", ".stages", ".pipeline") if name != "load" else (".models.load",)
    found = (importlib.import_module(home, __name__) for home in homes)
    return next(getattr(module, name) for module in found if name in module.__all__)
