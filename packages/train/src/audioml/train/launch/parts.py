"""Objects made of a configuration."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate
from lightning.fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig, OmegaConf

from audioml.core.errors import AudiomlError, UsageError
from audioml.core.files import write_bytes

from ..runs.redaction import redacted
from ..suggesting import suggestion

__all__ = ["callbacks", "loggers", "made", "sentences"]


def made(node: Any, **more: Any) -> Any:
    """Return the object that a part of a configuration describes.

    Raises
    ------
    UsageError
        If its class is not to be found, or takes no such argument.
    """
    with sentences():
        return instantiate(node, **more)


@contextlib.contextmanager
def sentences() -> Iterator[None]:
    """Turn what Hydra says of objects that cannot be made into a sentence; a bug stays one."""
    try:
        yield
    except InstantiationException as error:
        cause, target = error.__cause__, _target(error)
        if isinstance(cause, AudiomlError):
            raise cause from None
        if "locating target" in str(error):
            raise UsageError(f"{target} is not to be found: {_line(cause or error)}") from error
        if isinstance(cause, TypeError) and "argument" in str(cause):
            raise UsageError(f"{target} cannot be made: {cause}{_meant(cause, target)}") from error
        if isinstance(cause, MisconfigurationException):
            raise UsageError(f"{target} cannot be made: {_line(cause)}") from error
        if cause is not None:
            raise cause from error
        raise


def _target(error: InstantiationException) -> str:
    found = re.search(r"target '([^']+)'", str(error))
    return found[1] if found else "what `_target_` names"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split("\n")[0].split())


def _meant(error: TypeError, target: str) -> str:
    """Return the argument that may have been meant by one that is not there."""
    found = re.search(r"unexpected keyword argument '(\w+)'$", str(error))
    if not found:
        return ""
    try:
        made_by = get_object(target.removesuffix(".__init__"))
    except Exception:  # noqa: BLE001 - only a suggestion is at stake
        return ""
    return suggestion(found[1], list(inspect.signature(made_by).parameters))


def _described(config: Any) -> list[tuple[str, Any]]:
    items = [] if not config else [(str(k), v) for k, v in config.items()]
    return [(n, v) for n, v in items if isinstance(v, DictConfig) and "_target_" in v]


def callbacks(config: Any) -> list[Any]:
    """Return the callbacks of a run; those set to null are left out."""
    return [made(node) for _, node in _described(config)]


def loggers(config: Any, folder: Path) -> list[Any]:
    """Return the loggers of a run, which go on with what an earlier part of it wrote.

    Each is told the settings of the run, without what looks like a credential.
    """
    told = redacted(OmegaConf.to_container(config, resolve=True))
    told.pop("ckpt_path", None)  # a run that goes on is the same run
    return [_logger(node, folder, told) for _, node in _described(config.logger)]


def _logger(node: Any, folder: Path, told: dict[str, Any]) -> Any:
    kind = str(node["_target_"]).rpartition(".")[2]
    kept = folder / f"{kind}.id"
    if kind not in _IDS:
        logger = made(node)
        logger.log_hyperparams(told)
        return logger
    argument = _IDS[kind]
    known = {argument: kept.read_text(encoding="utf-8")} if kept.is_file() else {}
    more = {"resume": "allow"} if known and kind == "WandbLogger" else {}
    logger = made(node, **known, **more)
    identity = logger.run_id if kind == "MLFlowLogger" else logger.experiment.id
    if isinstance(identity, str):
        write_bytes(kept, identity.encode())
    if not (known and kind == "MLFlowLogger"):  # which refuses a setting that has changed
        logger.log_hyperparams(told)
    return logger


_IDS = {"MLFlowLogger": "run_id", "WandbLogger": "id"}
