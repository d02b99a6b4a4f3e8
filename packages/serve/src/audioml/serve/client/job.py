"""A job: a long recording that the server works on while the caller does something else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from audioml.core.errors import UsageError, WorkerError
from audioml.core.values import Prediction

from . import answers
from .errors import LateError, from_problem
from .transport import Transport, query

__all__ = ["Job"]

_FIRST, _LONGEST = 0.05, 2.0  # seconds between two looks, short ones at first
_ENDED = ("done", "failed", "cancelled")


class Job:
    """A job on a server; what it knows is of the last look.

    Parameters
    ----------
    transport
        The server.
    tree
        What it said of the job.
    """

    def __init__(self, transport: Transport, tree: Mapping[str, Any]) -> None:
        self._transport = transport
        self._tree = tree
        if not isinstance(tree.get("id"), str):
            raise WorkerError(f"expected a job with an id from the server, got {tree!r:.200}")

    def __repr__(self) -> str:
        return f"Job({self.id!r}, model={self.model!r}, state={self.state!r}, {self.progress:.0%})"

    @property
    def id(self) -> str:
        """Return its name on the server."""
        return str(self._tree["id"])

    @property
    def model(self) -> str:
        """Return the name of the model."""
        return str(self._tree.get("model", ""))

    @property
    def state(self) -> str:
        """Return ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``."""
        return str(self._tree.get("state", "queued"))

    @property
    def progress(self) -> float:
        """Return how much is done, 0 to 1."""
        return float(self._tree.get("progress") or 0.0)

    @property
    def expires(self) -> Any:
        """Return when the server forgets it, as it says so."""
        return self._tree.get("expires")

    def refresh(self) -> Job:
        """Look at it again."""
        response = self._transport.call("GET", self._path())
        self._tree = answers.tree(response.data)
        return self

    def wait(
        self,
        progress: Callable[[float], object] | None = None,
        *,
        timeout: float | None = None,
    ) -> Job:
        """Return once it has ended, whichever way.

        Parameters
        ----------
        progress
            Called with 0 to 1 whenever that has changed.
        timeout
            Seconds; None waits for as long as it takes.

        Raises
        ------
        LateError
            If it has not ended after ``timeout`` seconds; the server works on.
        """
        end = None if timeout is None else time.monotonic() + timeout
        pause, told = _FIRST, -1.0
        while True:
            if progress is not None and self.progress != told:
                told = self.progress
                progress(told)
            if self.state in _ENDED:
                return self
            if end is not None and time.monotonic() + pause > end:
                raise LateError(f"job {self.id} is {self.state} after {timeout:g} s; wait on")
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)
            self.refresh()

    def result(self) -> Prediction:
        """Return the prediction; waits for it.

        Raises
        ------
        AudiomlError
            The server's, if the job failed; UsageError if it was cancelled.
        """
        return answers.prediction(self._result({}))

    def answer(self, format: str = "json") -> bytes:  # noqa: A002 - named as the option
        """Return the answer in a format such as ``jams``, ``csv`` or ``midi``; waits for it."""
        return self._result({"format": format})

    def cancel(self) -> None:
        """End it, and let the server forget it."""
        self._transport.call("DELETE", self._path())
        self._tree = {**self._tree, "state": "cancelled"}

    def _result(self, options: Mapping[str, str]) -> bytes:
        self.wait()
        if self.state == "failed":
            problem = self._tree.get("problem")
            raise from_problem(problem if isinstance(problem, dict) else {})
        if self.state == "cancelled":
            raise UsageError(f"job {self.id} was cancelled; it has no result")
        data: bytes = self._transport.call("GET", self._path("/result", options)).data
        return data

    def _path(self, rest: str = "", options: Mapping[str, str] | None = None) -> str:
        return query("/v1/jobs/{}" + rest, self.id, options=options)
