"""The packages that run TFLite models, and which of them to take.

All have the same ``Interpreter``. None is imported before a model is loaded.
"""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError, MissingDependencyError, UsageError
from audioml.core.files import native, shown

from .quiet import quiet

__all__ = ["RUNTIMES", "VARIABLE", "Runtime", "candidates", "opened"]

VARIABLE = "AUDIOML_TFLITE_RUNTIME"


@dataclass(frozen=True, slots=True)
class Runtime:
    """A package, where its ``Interpreter`` is, and what installs it."""

    name: str
    target: str
    pip: str

    @property
    def label(self) -> str:
        """Return the name with the version, once the package is imported."""
        package = sys.modules.get(self.target.partition(".")[0].partition(":")[0])
        return f"{self.name} {getattr(package, '__version__', '')}".rstrip()

    def interpreter(self) -> Any:
        """Return the class, or raise MissingDependencyError with the reason."""
        module, _, attribute = self.target.partition(":")
        try:
            return attrgetter(attribute)(importlib.import_module(module))
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == module.partition(".")[0]:
                raise MissingDependencyError(f"{self.name} is not installed") from error
            raise MissingDependencyError(f"{self.label} cannot be imported: {error}") from error
        except (ImportError, AttributeError) as error:
            raise MissingDependencyError(f"{self.label} cannot be imported: {error}") from error

    def open(self, path: Path, *, threads: int) -> Any:
        """Return an interpreter with its tensors allocated.

        Raises
        ------
        MissingDependencyError
            If the package is not here or does not work here.
        IntegrityError
            If it refuses the model.
        """
        try:
            with quiet():
                interpreter = self.interpreter()(model_path=native(path), num_threads=threads)
                interpreter.allocate_tensors()
        except SystemError as error:  # how an extension built for numpy 1 fails
            import numpy as np

            raise MissingDependencyError(
                f"{self.label} needs numpy<2, and {np.__version__} is installed"
            ) from error
        except (ValueError, RuntimeError, MemoryError) as error:
            raise IntegrityError(f"{self.label}: {_line(error)}") from error
        return interpreter


RUNTIMES = (
    Runtime("litert", "ai_edge_litert.interpreter:Interpreter", "ai-edge-litert"),
    Runtime(
        "tflite-runtime",
        "tflite_runtime.interpreter:Interpreter",
        "'tflite-runtime==2.14.0' 'numpy<2'",
    ),
    Runtime("tensorflow", "tensorflow:lite.Interpreter", "tensorflow"),
)


def candidates(asked: str | None) -> tuple[Runtime, ...]:
    """Return the runtimes to try: the one asked for, or all but TensorFlow, which is 2 GB."""
    name = asked or os.environ.get(VARIABLE)
    if not name:
        return RUNTIMES[:2]
    found = tuple(runtime for runtime in RUNTIMES if runtime.name == name)
    if not found:
        known = ", ".join(runtime.name for runtime in RUNTIMES)
        where = "" if asked else f" in {VARIABLE}"
        raise UsageError(f"no TFLite runtime is called {name!r}{where}; choose one of {known}")
    return found


def opened(path: Path, *, runtime: str | None, threads: int) -> tuple[Runtime, Any]:
    """Return the first runtime that takes the model, and an interpreter of it."""
    missing, refused = [], []
    tried = candidates(runtime)
    for each in tried:
        try:
            return each, each.open(path, threads=threads)
        except MissingDependencyError as error:
            missing.append(str(error))
        except IntegrityError as error:
            refused.append(str(error))
    if refused:
        told = [m for m in missing if not m.endswith("is not installed")]
        raise IntegrityError(f"{shown(path)} is refused by {'; by '.join(refused + told)}")
    raise MissingDependencyError(
        f"no TFLite runtime works here: {'; '.join(missing)}; run: pip install {tried[0].pip}"
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
