"""Loads networks of PyTorch."""

from __future__ import annotations

import importlib
import re
import warnings
from pathlib import Path
from typing import Any

from audioml.core.errors import (
    AudiomlError,
    IntegrityError,
    MissingDependencyError,
    UsageError,
)
from audioml.core.files import shown
from audioml.core.stages import Backend

from .session import TorchSession

__all__ = ["TorchBackend"]

_DEVICE = re.compile(r"cpu|mps|cuda(?::(\d+))?")
_LONGEST = 300


class TorchBackend(Backend):
    """Loads ``.pt2`` files of ``torch.export`` and ``.pt`` files of TorchScript."""

    def load(
        self, path: Path, /, *, device: str = "cpu", threads: int | None = None
    ) -> TorchSession:
        """Return a session for a model file.

        Parameters
        ----------
        path
            Of the model.
        device
            ``cpu``, ``cuda``, ``cuda:1`` or ``mps``. There is no falling back on another.
        threads
            Of which one run makes use; None is as many as torch uses anyway.

        Raises
        ------
        UsageError
            If the device or the number of threads makes no sense.
        NotFoundError
            If the file cannot be read.
        UntrustedError
            If it could run code of its own.
        IntegrityError
            If it is damaged, or is no network of torch.export or TorchScript.
        MissingDependencyError
            If torch is not installed or cannot be imported, or the device is not here.
        """
        if threads is not None and (type(threads) is not int or threads < 1):
            raise UsageError(f"'threads' must be a whole number above 0, got {threads!r}")
        if not _DEVICE.fullmatch(device):
            raise UsageError(
                f"torch runs on no device {device!r}; choose one of cpu, cuda[:N], mps"
            )
        torch = _imported()
        at = _present(torch, device)
        network = _read(path, at)
        return TorchSession(network, path=path, device=at, threads=threads)


def _read(path: Path, device: Any) -> Any:
    from . import program, script
    from .archive import opened

    archive = opened(path)
    if not (archive.is_program or archive.is_script):
        raise IntegrityError(
            f"{shown(path)} holds pickled weights or a pickled network, not one that runs by "
            "itself; export it with torch.export.save, or with audioml.train.export"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of TorchScript being old, for its file is given
            return (program if archive.is_program else script).read(archive, device)
    except AudiomlError:
        raise
    except Exception as error:  # a damaged file may fail anywhere in torch
        said = " ".join(str(error).split()) or type(error).__name__
        raise IntegrityError(f"{shown(path)} is refused by torch: {said[:_LONGEST]}") from error


def _imported() -> Any:
    try:
        return importlib.import_module("torch")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise MissingDependencyError(f"torch cannot be imported: {error}") from error
        raise MissingDependencyError("torch is not installed; run: pip install torch") from error
    except (ImportError, OSError) as error:
        raise MissingDependencyError(f"torch cannot be imported: {error}") from error


def _present(torch: Any, device: str) -> Any:
    """Return a device, if it is here."""
    kind, _, number = device.partition(":")
    counts: dict[str, Any] = {
        "cpu": lambda: 1,
        "cuda": lambda: torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": lambda: int(torch.backends.mps.is_available()),
    }
    here = int(counts[kind]())
    if int(number or 0) >= here:
        advice = "; see pytorch.org for the build that has it" if not here else ""
        raise MissingDependencyError(
            f"device {device!r} is not here: torch {torch.__version__} finds {here} of its kind"
            f"{advice}"
        )
    return torch.device(device)
