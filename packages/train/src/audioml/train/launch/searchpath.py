"""The tasks of the plugins, and where their configuration is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from audioml.core.errors import AudiomlError, PluginError, UsageError
from audioml.core.plugins import Component, registry

from ..suggesting import suggestion

__all__ = ["search_path", "task", "task_names"]

_log = logging.getLogger("audioml.train")


def task_names() -> list[str]:
    """Return the tasks that the plugins offer."""
    return sorted({component.name for component in registry().components("task")})


def task(name: str) -> Any:
    """Return the task of a plugin.

    Raises
    ------
    UsageError
        If there is none, but one whose name is close.
    NotFoundError
        If there is none.
    PluginError
        If what the plugin offers is no task.
    """
    known = task_names()
    meant = suggestion(name, known)
    if name not in known and meant:
        raise UsageError(f"there is no task {name!r}{meant}")
    return _made(registry().find("task", name))


def _made(component: Component) -> Any:
    found = component.load()
    found = found() if isinstance(found, type) else found
    lacking = [n for n in ("config", "data", "module", "export") if not hasattr(found, n)]
    if lacking:
        raise PluginError(
            f"the task {component.name!r} at {component.target!r} has no {', '.join(lacking)}"
        )
    return found


def search_path(tasks: Sequence[str]) -> list[str]:
    """Return the configurations of the plugins, those of ``tasks`` first.

    A plugin that cannot be loaded is an error only where its task is asked for.
    """
    found = [task(name).config for name in tasks]
    for component in registry().components("task"):
        if component.name in tasks:
            continue
        try:
            found.append(_made(component).config)
        except AudiomlError as error:
            _log.info("the task %s is left out: %s", component.name, error)
    return list(dict.fromkeys(found))
