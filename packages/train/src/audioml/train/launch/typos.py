"""What Hydra has to say about a configuration, in one sentence and with a suggestion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hydra import compose, initialize_config_module
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from audioml.core.errors import UsageError

from ..suggesting import suggestion
from .arguments import CONFIG, LATE, Arguments, key_of

__all__ = ["explained", "unknown_key"]

_GROUPS = ("data", "model", "augmentation", "callbacks", "logger", "trainer", "paths", *LATE)


def explained(error: Exception, arguments: Arguments) -> UsageError:
    """Return a configuration error as a sentence."""
    if isinstance(error, MissingConfigException):
        return UsageError(_missing(error))
    if isinstance(error, OverrideParseException):
        reason = re.search(r"while evaluating .*", str(error))
        if reason:
            return UsageError(f"{error.override!r} cannot be read: an error {reason[0]}")
        return UsageError(
            f"{error.override!r} is no setting: write NAME=VALUE, with quotes round what holds "
            "spaces, commas or brackets"
        )
    found = re.search(r"Could not (?:override|append to|delete)[^']*'([^']+)'", str(error))
    if found:
        return UsageError(unknown_key(found[1].partition("@")[0], arguments))
    return UsageError(f"the configuration does not hold together: {_line(error)}")


def _line(error: BaseException) -> str:
    cause = error.__cause__
    texts = [str(error)] + ([str(cause)] if isinstance(cause, OmegaConfBaseException) else [])
    lines = [line.strip() for text in texts for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("full_key:", "object_type="))]
    return "; ".join(dict.fromkeys(lines))


def _missing(error: MissingConfigException) -> str:
    wanted = str(error.missing_cfg_file)
    group, _, name = wanted.rpartition("/")
    if not group:
        return f"there is no configuration {wanted!r}"
    options = [str(option) for option in error.options or ()]
    there = f" (there is: {', '.join(options)})" if options else ""
    return f"there is no {group}={name}{suggestion(name, options)}{there}"


def unknown_key(key: str, arguments: Arguments) -> str:
    """Return a sentence on a setting that is not there."""
    known = [*_known(arguments), *_GROUPS]
    leaf = key.rpartition(".")[2]
    same = [name for name in known if name.rpartition(".")[2] == leaf]
    meant = f"; did you mean {same[0]!r}?" if same else suggestion(key, known)
    return f"there is no setting {key!r}{meant or f'; to add it, write +{key}=VALUE'}"


def _known(arguments: Arguments) -> list[str]:
    """Return all settings of the configuration as it is without the values that are given."""
    groups = [s for s in arguments.settings if key_of(s) in _GROUPS and "," not in s]
    path = [s for s in arguments.settings if key_of(s) == "hydra.searchpath"]
    for chosen in (groups, [s for s in groups if key_of(s) == "task"]):
        try:
            with initialize_config_module(CONFIG, version_base="1.3"):
                return list(_keys(compose("train", [*chosen, *path])))
        except (HydraException, OmegaConfBaseException):
            continue
    return []


def _keys(config: Any, before: str = "") -> Iterator[str]:
    plain: Any = config if before else OmegaConf.to_container(config)
    for key, value in plain.items():
        name = f"{before}{key}"
        yield name
        if isinstance(value, dict):
            yield from _keys(value, f"{name}.")
