"""One run, as Hydra calls it: in this process, or in one of a launcher."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from audioml.core.cli.output import continue_logging, say
from audioml.core.errors import AudiomlError
from audioml.core.files import shown

from ..runs.redaction import redacted_text
from .ending import ended
from .outcome import report
from .running import prepared, run
from .state import State

__all__ = ["job"]

_log = logging.getLogger("audioml.train")


def job(cfg: Any) -> float | None:
    """Train, and return the optimised figure.

    A run of a sweep that is done already returns what it reached then; one that was begun goes on.
    A run that fails returns None, and the sweep goes on.
    """
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    asked: Any = OmegaConf.to_container(hydra.overrides.task, resolve=False)
    overrides = tuple(asked)
    in_sweep = hydra.mode == RunMode.MULTIRUN
    with _logged(), _unseen():
        if in_sweep:
            earlier = State.read(folder)
            if earlier is not None and _same(earlier.overrides, overrides):
                if earlier.status == "done":
                    _log.info("%s is done: %s", folder, earlier.metric)
                    return earlier.metric
                last = folder / "checkpoints" / "last.ckpt"
                cfg.ckpt_path = str(last) if last.is_file() else None
        try:
            return _tried(cfg, folder, overrides, in_sweep=in_sweep)
        except KeyboardInterrupt:
            _say_how_to_go_on(folder, Path(hydra.sweep.dir) if in_sweep else None)
            raise


def _say_how_to_go_on(folder: Path, sweep: Path | None) -> None:
    if sweep is not None or (folder / "checkpoints" / "last.ckpt").is_file():
        say(f"go on with: audioml train ckpt_path={shown(sweep or folder)}")
    else:
        say(f"{shown(folder)} has no checkpoint yet, so it cannot be gone on with")


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    apart = ("ckpt_path=",)
    return [o for o in one if not o.startswith(apart)] == [
        o for o in other if not o.startswith(apart)
    ]


def _tried(cfg: Any, folder: Path, overrides: tuple[str, ...], *, in_sweep: bool) -> float | None:
    begun = State(str(cfg.task.name), "running", overrides)
    try:
        config = prepared(cfg, folder, begun)
        with ended(config, folder) as ending:
            state = ending.state = run(config, folder, begun)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it is raised by `launch`
        state = _failed(begun, error)
        _kept(state, folder)
        report(folder, state, None if in_sweep else error)
        if in_sweep and not isinstance(error, AudiomlError):
            _log.exception("a run of the sweep failed")
        return None
    report(folder, state)
    return state.metric


def _failed(begun: State, error: Exception) -> State:
    if isinstance(error, AudiomlError):
        return replace(begun, status="failed", error=str(error), exit_code=error.exit_code)
    sentence = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return replace(begun, status="failed", error=sentence, exit_code=1)


def _kept(state: State, folder: Path) -> None:
    with contextlib.suppress(AudiomlError):  # the disk may be what failed
        state.write(folder)


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """Keep secrets from loggers that write the command line down, as that of W&B does."""
    before = sys.argv
    sys.argv = [redacted_text(argument) for argument in before]
    try:
        yield
    finally:
        sys.argv = before


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """Let what audioml says go to the run's log too, where Hydra put the rest."""
    continue_logging(logging.WARNING)
    logger = logging.getLogger("audioml")
    files = [h for h in logging.getLogger().handlers if isinstance(h, logging.FileHandler)]
    levels = [(each, each.level) for each in logger.handlers]
    before = logger.level
    for handler, level in levels:
        handler.setLevel(max(before, level))
    logger.setLevel(min(before, logging.INFO))
    for each in files:
        logger.addHandler(each)
    try:
        yield
    finally:
        for each in files:
            logger.removeHandler(each)
            each.close()
        for handler, level in levels:
            handler.setLevel(level)
        logger.setLevel(before)
