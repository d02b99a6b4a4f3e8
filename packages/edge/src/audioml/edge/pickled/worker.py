"""A pickled function in a process of its own, seen from outside."""

from __future__ import annotations

import logging
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import AudioError, AudiomlError, PluginError, WorkerError

from . import wire
from .process import Answer, Child

__all__ = ["Worker"]

log = logging.getLogger(__name__)


class Worker:
    """Calls ``get_features(y, sr, hop_size=None)`` of a pickle in a child process.

    The child is started by the first call and serves the next ones; where it crashed, hung or was
    ended, the next call starts another. Threads take turns.

    Parameters
    ----------
    data
        The pickle, which must have been allowed.
    name
        What sentences call it.
    timeout
        Seconds that loading may take, and each call.
    memory_mb
        MiB of address space that the child may have.
    """

    def __init__(self, data: bytes, *, name: str, timeout: float, memory_mb: int) -> None:
        self._data, self._name = data, name
        self._timeout, self._memory_mb = timeout, memory_mb
        self._child: Child | None = None
        self._turn = threading.Lock()

    def __call__(
        self, samples: NDArray[np.float32], *, rate: int, hop: float | None = None
    ) -> NDArray[np.float32]:
        """Return the features of samples at ``rate`` Hz, float32, shape (rows, ...).

        ``hop`` is handed on as ``hop_size`` in seconds, unless it is None.

        Raises
        ------
        WorkerError
            If the child crashed, or took too long or too much memory.
        PluginError
            If the pickle cannot be loaded, or what it returns are no features.
        AudioError
            If it fails for these samples, or has no features for them.
        """
        with self._turn:
            child = self._ready()
            answer, body = self._asked(child, {"rate": rate, "hop": hop}, wire.packed(samples))
            if answer:
                raise self._failed(answer, loading=False)
            return self._checked(wire.array(body), len(samples) / rate)

    def close(self) -> None:
        """End the child; a later call starts another."""
        with self._turn:
            self._drop()

    @property
    def pid(self) -> int | None:
        """Return the child's process number, or None where none runs."""
        return self._child.process.pid if self._child and self._child.usable() else None

    def _ready(self) -> Child:
        if self._child is not None and not self._child.usable():
            self._drop()
        if self._child is None:
            self._child = Child(self._memory_mb)
            answer, _ = self._asked(self._child, {}, self._data)
            if answer:
                self._drop()
                raise self._failed(answer, loading=True)
        return self._child

    def _asked(self, child: Child, head: dict[str, Any], body: bytes) -> Answer:
        try:
            return child.ask(head, body, timeout=self._timeout)
        except TimeoutError:
            raise WorkerError(
                f"{self._name} took longer than {self._timeout:g} s and was ended; "
                "mend it, or raise 'timeout'"
            ) from None
        except (OSError, EOFError, ValueError):
            raise WorkerError(f"{self._name} {child.end()} while it worked") from None
        finally:
            if not child.sound:
                self._drop()

    def _drop(self) -> None:
        if self._child is not None:
            self._child.finish()
            self._child = None

    def _failed(self, answer: dict[str, Any], *, loading: bool) -> AudiomlError:
        log.info("%s failed:\n%s", self._name, answer["traceback"])
        if answer["module"] == "dill":
            return PluginError("pickles need dill; run: pip install 'audioml-edge[pickle]'")
        if answer["module"]:
            return PluginError(
                f"{self._name} refers to the module {answer['module']!r}, which is not installed "
                "here; install it, or write a pickle that stands alone: "
                "audioml edge export-features X.pkl"
            )
        if answer["memory"]:
            return WorkerError(
                f"{self._name} needs more than {self._memory_mb} MiB of memory: {answer['error']}; "
                "raise 'memory_mb'"
            )
        if answer["contract"]:
            return PluginError(
                f"{self._name} must hold a function get_features(y, sr, hop_size=None) that "
                f"returns an array of numbers, but {answer['error']}"
            )
        if loading:
            return PluginError(f"{self._name} cannot be loaded: {answer['error']}")
        return AudioError(f"{self._name} fails for this audio: {answer['error']}")

    def _checked(self, found: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
        if found.ndim < 2:
            raise PluginError(
                f"{self._name} must return features of shape (windows, ...), got {found.shape}"
            )
        if not found.size:
            raise AudioError(
                f"{self._name} has no features for {seconds:g} s of audio, got shape {found.shape}"
            )
        if np.isnan(found).all():
            raise AudioError(f"{self._name} returns nothing but NaN for this audio")
        return found
