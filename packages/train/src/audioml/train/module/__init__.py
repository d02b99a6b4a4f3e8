"""What a task's module is made of: the loop's body, schedules, averaged weights, checkpoints."""

from __future__ import annotations

from .averaging import Averaging, averaged
from .base import AudioModule
from .checkpoints import SafeCheckpointIO, read, weights
from .finite import FiniteLoss
from .last import LastCheckpoint
from .loading import ResumableLoader
from .loggers import CSVLog, TensorBoardLog
from .metrics import Streaming, flattened
from .profiling import NoProfiler
from .progress import Progress, Summary
from .same import SameBatches
from .schedules import warm_cosine, warm_cosine_factor
from .seeding import SeededSteps

__all__ = [
    "AudioModule",
    "Averaging",
    "CSVLog",
    "FiniteLoss",
    "LastCheckpoint",
    "NoProfiler",
    "Progress",
    "ResumableLoader",
    "SafeCheckpointIO",
    "SameBatches",
    "SeededSteps",
    "Streaming",
    "Summary",
    "TensorBoardLog",
    "averaged",
    "flattened",
    "read",
    "warm_cosine",
    "warm_cosine_factor",
    "weights",
]
