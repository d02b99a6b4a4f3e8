"""Loads networks of TensorFlow."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
from pathlib import Path
from typing import Any

from audioml.core.errors import (
    AudiomlError,
    IntegrityError,
    MissingDependencyError,
    NotFoundError,
    UsageError,
)
from audioml.core.files import shown
from audioml.core.stages import Backend

from .session import TensorflowSession

__all__ = ["TensorflowBackend"]

_DEVICE = re.compile(r"cpu|(?:gpu|cuda)(?::(\d+))?")
_LONGEST = 300


class TensorflowBackend(Backend):
    """Loads SavedModel folders and ``.keras`` files."""

    def load(
        self, path: Path, /, *, device: str = "cpu", threads: int | None = None
    ) -> TensorflowSession:
        """Return a session for a model.

        Parameters
        ----------
        path
            A SavedModel folder, the ``saved_model.pb`` in it, or a ``.keras`` file.
        device
            ``cpu``, ``gpu`` or ``gpu:1`` (``cuda`` is the same). There is no falling back.
        threads
            Of which one run makes use. TensorFlow takes the number once in a process, before it
            runs anything; later ones are not heeded.

        Raises
        ------
        UsageError
            If the device or the number of threads makes no sense.
        NotFoundError
            If there is no model.
        UntrustedError
            If it could run code of its own.
        IntegrityError
            If it is damaged, or of another kind.
        MissingDependencyError
            If TensorFlow is not installed or cannot be imported, or the device is not here.
        """
        if threads is not None and (type(threads) is not int or threads < 1):
            raise UsageError(f"'threads' must be a whole number above 0, got {threads!r}")
        if not _DEVICE.fullmatch(device):
            raise UsageError(f"tensorflow runs on no device {device!r}; choose one of cpu, gpu[:N]")
        if not path.exists():
            raise NotFoundError(f"{shown(path)} does not exist")
        tensorflow = _imported()
        if threads is not None:
            with contextlib.suppress(RuntimeError):  # it has run something already
                tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        at = _present(tensorflow, device)
        with tensorflow.device(at):
            network = _read(path, tensorflow)
        return TensorflowSession(network, tensorflow=tensorflow, path=path, device=at)


def _read(path: Path, tensorflow: Any) -> Any:
    from . import kerasfile, savedmodel

    folder = path.parent if path.name == "saved_model.pb" else path
    try:
        if folder.is_dir():
            return savedmodel.read(folder, tensorflow)
        return kerasfile.read(path, tensorflow)
    except AudiomlError:
        raise
    except Exception as error:  # a damaged model may fail anywhere in TensorFlow
        said = " ".join(str(error).split()) or type(error).__name__
        raise IntegrityError(
            f"{shown(path)} is refused by tensorflow {tensorflow.__version__}: {said[:_LONGEST]}"
        ) from error


def _imported() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # what fails is raised
    try:
        return importlib.import_module("tensorflow")
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise MissingDependencyError(f"tensorflow cannot be imported: {error}") from error
        raise MissingDependencyError(
            "tensorflow is not installed; run: pip install tensorflow"
        ) from error
    except (ImportError, OSError) as error:
        raise MissingDependencyError(f"tensorflow cannot be imported: {error}") from error


def _present(tensorflow: Any, device: str) -> str:
    """Return a device as TensorFlow calls it, if it is here."""
    kind, _, number = device.partition(":")
    kind = "CPU" if kind == "cpu" else "GPU"
    here = len(tensorflow.config.list_physical_devices(kind))
    if int(number or 0) >= here:
        raise MissingDependencyError(
            f"device {device!r} is not here: tensorflow {tensorflow.__version__} finds {here} of "
            "its kind; run: pip install 'tensorflow[and-cuda]'"
        )
    return f"/{kind}:{int(number or 0)}"
