"""The run itself, in one of its processes: fit, test, export."""

from __future__ import annotations

import logging
import math
import os
import re
import shutil
import signal
import warnings
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint, ProgressBar

from audioml.core.errors import AudiomlError, UsageError
from audioml.core.files import replacing_folder

from ..module.checkpoints import SafeCheckpointIO
from ..suggesting import suggestion
from .continuing import Midway, checked, trim
from .parts import callbacks, loggers, made, sentences
from .searchpath import task as find_task
from .stamp import Stamp

__all__ = ["fit"]

_log = logging.getLogger("audioml.train")


def fit(config: Any, folder: Path) -> dict[str, Any]:
    """Train, test and export what a configuration says.

    Returns
    -------
    dict
        ``metric``, ``metrics``, ``checkpoints`` and ``model``, as `State` has them.
    """
    _quiet()
    name = str(config.task.name)
    task = find_task(name)
    checkpoint = checked(config.ckpt_path, task=name)
    seed_everything(int(config.seed), workers=True, verbose=False)
    torch.set_float32_matmul_precision(config.matmul_precision)
    with sentences():
        data, module = task.data(config), task.module(config)
    logs = loggers(config, folder)
    if config.train:  # a run that is only tested keeps all that was measured of it
        trim(logs, checkpoint)
    parts = callbacks(config.get("callbacks"))
    trainer = _trainer(config, [*parts, Stamp(config), Midway()], logs)
    path = None if checkpoint is None else checkpoint.path
    try:
        metrics = _measured(trainer, config, module, data, path)
    except (MisconfigurationException, RuntimeError) as error:
        raise _explained(error, trainer) from error
    except SystemExit as error:
        raise _interrupted(error) from None
    finally:
        _closed(logs)
    return _reached(trainer, task, config, folder, metrics)


def _trainer(config: Any, parts: list[Any], logs: list[Any]) -> Trainer:
    try:
        trainer: Trainer = made(
            config.trainer,
            callbacks=parts,
            logger=logs or False,
            plugins=[SafeCheckpointIO()],
            enable_progress_bar=any(isinstance(part, ProgressBar) for part in parts),
            enable_model_summary=False,
            enable_checkpointing=any(isinstance(part, Checkpoint) for part in parts),
        )
    except AudiomlError:
        raise
    except (TypeError, ValueError) as error:
        raise UsageError(f"the trainer cannot be made: {' '.join(str(error).split())}") from error
    return trainer


def _explained(error: Exception, trainer: Trainer) -> Exception:
    """Return what Lightning has to say as a sentence, and what is a bug as it is."""
    text = " ".join(str(error).split())
    unknown = re.search(r"(?:monitor='|conditioned on metric `)([^'`]+)['`]", text)
    if unknown:
        known = sorted(trainer.callback_metrics)
        return UsageError(
            f"there is no figure {unknown[1]!r}{suggestion(unknown[1], known)} "
            f"(there is: {', '.join(known)})"
        )
    return UsageError(text) if isinstance(error, MisconfigurationException) else error


def _measured(
    trainer: Trainer, config: Any, module: Any, data: Any, checkpoint: Path | None
) -> dict[str, float]:
    metrics: dict[str, float] = {}
    if config.train:
        trainer.fit(module, data, ckpt_path=checkpoint, weights_only=True)
        metrics |= _numbers(trainer)
        if trainer.interrupted:
            raise SystemExit(1)
    if config.test:
        best = _best(trainer) if config.train else checkpoint
        trainer.test(module, data, ckpt_path=best, verbose=False, weights_only=True)
        metrics |= _numbers(trainer)
    return metrics


def _numbers(trainer: Trainer) -> dict[str, float]:
    return {name: float(value) for name, value in trainer.callback_metrics.items()}


def _keeper(trainer: Trainer) -> ModelCheckpoint | None:
    found = [c for c in trainer.checkpoint_callbacks if isinstance(c, ModelCheckpoint)]
    return found[0] if found else None


def _best(trainer: Trainer) -> str | None:
    keeper = _keeper(trainer)
    return (keeper.best_model_path or None) if keeper is not None else None


def _reached(
    trainer: Trainer, task: Any, config: Any, folder: Path, metrics: dict[str, float]
) -> dict[str, Any]:
    kept = folder / "checkpoints"
    paths = sorted(kept.glob("*.ckpt")) if kept.is_dir() else []
    best = _best(trainer) if config.train else config.ckpt_path
    chosen = Path(best) if best else (kept / "last.ckpt" if kept / "last.ckpt" in paths else None)
    model = None
    if config.export and chosen is not None and trainer.is_global_zero:
        _export(task, chosen, folder)
        model = "model"
    return {
        "metric": _optimised(trainer, config, metrics),
        "metrics": {k: v for k, v in sorted(metrics.items()) if math.isfinite(v)},
        "checkpoints": tuple(os.fspath(path.relative_to(folder)) for path in paths),
        "model": model,
    }


def _export(task: Any, checkpoint: Path, folder: Path) -> None:
    """Let a task write its model folder; one of an earlier part of the run is replaced."""
    with replacing_folder(folder / "model.old", again=True) as aside:
        task.export(checkpoint, aside / "model")  # models are called as their folder
        if (folder / "model").exists():
            (folder / "model").rename(aside / "old")
        (aside / "model").rename(folder / "model")
    shutil.rmtree(folder / "model.old", ignore_errors=True)


def _optimised(trainer: Trainer, config: Any, metrics: dict[str, float]) -> float | None:
    name = config.optimized_metric
    keeper = _keeper(trainer)
    if keeper is not None and keeper.monitor == name and keeper.best_model_score is not None:
        return float(keeper.best_model_score)
    if name is None or name in metrics or not metrics:
        return metrics.get(name)
    _log.warning("there is no figure %r%s", name, suggestion(name, sorted(metrics)))
    return None


def _interrupted(error: SystemExit) -> BaseException:
    """Return what Lightning made an exit of, once it has put everything in order."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it had switched it off
    return KeyboardInterrupt() if isinstance(error.__context__, KeyboardInterrupt) else error


def _closed(logs: list[Any]) -> None:
    for each in logs:
        if type(each).__name__ == "WandbLogger":
            each.experiment.finish()


_KNOWN = (
    ".*does not have many workers.*",
    ".*Checkpoint directory .* exists and is not empty.*",
    ".*recommended to use .*sync_dist=True.*",
    ".*number of training batches .* is smaller than the logging interval.*",
    ".*exists and is not empty.*",
    ".*in eval mode at the start of training.*",
    ".*treespec.*",
    ".*The dirpath has changed.*",
    ".*GPU available but not used.*",
)


def _quiet() -> None:
    """Keep what Lightning says to its own users off the screen; the run's log has it."""
    import rich

    rich.reconfigure(stderr=True)
    for pattern in _KNOWN:
        warnings.filterwarnings("ignore", pattern)
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
