"""onnxruntime, for as long as a model is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features import TENSOR

__all__ = ["outputs", "session"]

_BATCH = 16


def session(model: bytes | Path) -> Any:
    """Return a session that says nothing but errors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def outputs(model: Path, examples: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return all outputs of a model for some examples, by name."""
    run = session(model)
    names = [output.name for output in run.get_outputs()]
    parts = [
        run.run(names, {TENSOR: examples[first : first + _BATCH]})
        for first in range(0, len(examples), _BATCH)
    ]
    return {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(names)}
