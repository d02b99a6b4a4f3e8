"""Loads ONNX models."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError, MissingDependencyError, UsageError
from audioml.core.files import shown
from audioml.core.stages import Backend

from .cores import usable_cores
from .devices import chosen
from .modelfile import check_model
from .reasons import is_lacking, reason
from .session import OnnxSession

__all__ = ["OnnxBackend"]

_CPU = "CPUExecutionProvider"
_SILENCE = "ORT_DISABLE_TELEMETRY"


class OnnxBackend(Backend):
    """Loads ``.onnx`` files with onnxruntime."""

    def load(
        self, path: Path, /, *, device: str = "cpu", threads: int | None = None
    ) -> OnnxSession:
        """Return a session for a model file.

        Parameters
        ----------
        path
            Of the model; weights that it keeps in other files lie in the same folder.
        device
            ``cpu``, ``cuda``, ``cuda:1``, ``coreml``, ``directml`` and others, see
            `audioml_onnx.devices`. There is no falling back on another.
        threads
            Of which one run makes use; None is as many as this process may use cores.

        Raises
        ------
        UsageError
            If the device or the number of threads makes no sense.
        NotFoundError
            If the file cannot be read, or one that it names.
        IntegrityError
            If it is not an ONNX model, or onnxruntime refuses it.
        MissingDependencyError
            If onnxruntime is not installed or cannot be imported, or lacks the device or what the
            model needs.
        """
        if threads is not None and (type(threads) is not int or threads < 1):
            raise UsageError(f"'threads' must be a whole number above 0, got {threads!r}")
        runtime = _imported()
        provider, options = chosen(
            device, available=runtime.get_available_providers(), version=runtime.__version__
        )
        check_model(path)
        settings = _settings(runtime, threads or usable_cores(), device)
        inference = _opened(runtime, path, settings, (provider, options))
        if provider not in inference.get_providers():  # it has said why, on stderr
            raise MissingDependencyError(
                f"device {device!r} does not work here: onnxruntime {runtime.__version__} has the "
                f"{provider} and cannot start it; its driver or its libraries are missing"
            )
        return OnnxSession(inference, runtime=runtime, path=path, device=device)


def _imported() -> Any:
    """Return the module, which shall not write to its makers.

    Recent builds (1.31 does, on Linux too) number the machine, keep a database of what is loaded
    and run in the user's cache folder, and send it to Microsoft; the variable is read once, before
    the first session.
    """
    os.environ.setdefault(_SILENCE, "1")
    try:
        runtime = importlib.import_module("onnxruntime")
    except ModuleNotFoundError as error:
        if error.name != "onnxruntime":
            raise MissingDependencyError(f"onnxruntime cannot be imported: {error}") from error
        raise MissingDependencyError(
            "onnxruntime is not installed; run: pip install onnxruntime"
        ) from error
    except ImportError as error:
        told = str(error) or "it is built for another numpy, or for another system"
        raise MissingDependencyError(f"onnxruntime cannot be imported: {told}") from error
    if os.environ[_SILENCE] not in {"", "0"}:
        runtime.disable_telemetry_events()  # on Windows, where there is no variable
    return runtime


def _settings(runtime: Any, threads: int, device: str) -> Any:
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    # a thread that waits by spinning takes the core from whoever makes the features
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.add_session_config_entry("session.inter_op.allow_spinning", "0")
    settings.log_severity_level = 4 if device == "cpu" else 3  # what fails is raised
    if device.startswith("directml"):
        settings.enable_mem_pattern = False  # which that provider cannot have
    return settings


def _opened(runtime: Any, path: Path, settings: Any, provider: tuple[str, Any]) -> Any:
    name, options = provider
    others = [] if name == _CPU else [_CPU]  # for the few operations that a device does not have
    if name == "CUDAExecutionProvider" and hasattr(runtime, "preload_dlls"):
        with contextlib.redirect_stdout(sys.stderr):  # where results may be written to stdout
            runtime.preload_dlls()  # those that were installed by pip
    try:
        inference = runtime.InferenceSession(
            _file(path), settings, providers=[(name, options), *others], enable_fallback=0
        )
    except Exception as error:  # onnxruntime's own derive from nothing else
        told = f"{shown(path)} is refused by onnxruntime {runtime.__version__}: {reason(error)}"
        if is_lacking(error):
            raise MissingDependencyError(
                f"{told}; a later onnxruntime may take it, or one with the model's own operations"
            ) from error
        raise IntegrityError(told) from error
    return inference


def _file(path: Path) -> str | bytes:
    """Return a path as onnxruntime takes it, or the model itself where the name is not text."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return path.read_bytes()
    return str(path)
