"""Loads TFLite models."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from audioml.core.errors import UsageError
from audioml.core.stages import Backend

from .flatbuffer import check_model
from .runtimes import opened
from .session import TFLiteSession

__all__ = ["TFLiteBackend"]


class TFLiteBackend(Backend):
    """Loads ``.tflite`` files with the first runtime that takes them.

    Parameters
    ----------
    runtime
        ``litert``, ``tflite-runtime`` or ``tensorflow``; None asks the environment variable
        ``AUDIOML_TFLITE_RUNTIME``, and without it the first two are tried in this order.
    """

    def __init__(self, runtime: str | None = None) -> None:
        self.runtime = runtime

    def load(
        self, path: Path, /, *, device: str = "cpu", threads: int | None = None
    ) -> TFLiteSession:
        """Return a session for a model file; ``threads`` is 1 unless it is given.

        Raises
        ------
        UsageError
            If the device, the number of threads or the name of the runtime makes no sense.
        NotFoundError
            If the file cannot be read.
        IntegrityError
            If it is not a TFLite model, or every runtime refuses it.
        MissingDependencyError
            If no runtime is installed that works.
        """
        if device != "cpu":
            raise UsageError(f"the backend 'tflite' runs on 'cpu' only, got {device!r}")
        if threads is not None and (type(threads) is not int or threads < 1):
            raise UsageError(f"'threads' must be a whole number above 0, got {threads!r}")
        check_model(path)
        threads = threads or 1
        taken, interpreter = opened(path, runtime=self.runtime, threads=threads)
        again = partial(taken.open, path, threads=threads)
        return TFLiteSession(interpreter, again=again, path=path, runtime=taken.label)
