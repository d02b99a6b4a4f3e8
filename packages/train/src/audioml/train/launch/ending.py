"""What follows every run, also one that failed: its manifest, the ledger, and a message."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from audioml.core.errors import AudiomlError
from audioml.core.files import shown

from .state import State

__all__ = ["Ending", "ended"]

_log = logging.getLogger("audioml.train")


@dataclass(slots=True)
class Ending:
    """What a run has come to, once it has."""

    state: State | None = None


@contextlib.contextmanager
def ended(config: Any, folder: Path) -> Iterator[Ending]:
    """Record the run of the block as running, and as what it came to; tell whoever wants to know.

    Raises
    ------
    UsageError, CredentialsError
        If those who want to know could not be told.
    """
    _check(config)
    recorded = _Recorded(config, folder)
    ending = Ending()
    recorded("running", ending)
    try:
        yield ending
    except BaseException as error:
        with contextlib.suppress(AudiomlError):  # the first error is the one to be told
            recorded("failed" if isinstance(error, Exception) else "interrupted", ending, error)
        raise
    recorded("completed", ending)


class _Recorded:
    """Writes down how a run stands."""

    def __init__(self, config: Any, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._started = dt.datetime.now(dt.UTC)

    def __call__(self, status: str, ending: Ending, error: BaseException | None = None) -> None:
        from ..runs import record

        state, over = ending.state, status != "running"
        if over:
            _draw(self._folder)
        record(
            self._folder,
            task=str(self._config.task.name),
            config=OmegaConf.to_container(self._config, resolve=True),
            metrics={} if state is None else state.metrics,
            model=None if state is None or state.model is None else self._folder / state.model,
            checkpoints=sorted((self._folder / "checkpoints").glob("*.ckpt")),
            artifacts=None,
            status=status,
            started=self._started,
            ended=dt.datetime.now(dt.UTC) if over else None,
            error=error,
            ledger=self._config.get("ledger"),
        )
        if over and _wanted(self._config):
            from ..notify import notify

            notify(self._config.notify, self._folder)


def _draw(folder: Path) -> None:
    from ..runs.curves import draw_curves

    try:
        draw_curves(folder)
    except Exception as error:  # noqa: BLE001 - a picture is not worth a run
        _log.warning("the curves of %s are not drawn: %s", shown(folder), error)


def _wanted(config: Any) -> bool:
    wanted = config.get("notify") or {}
    return bool(wanted.get("email") or wanted.get("webhook"))


def _check(config: Any) -> None:
    if config.get("notify"):
        from ..notify import check

        check(config.notify)
