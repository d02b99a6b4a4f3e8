"""Rules of training tasks: what can be known of them without training."""

from __future__ import annotations

import importlib.util
from importlib.resources import files
from typing import Any

from ...stages import Task
from .importing import imported_by
from .kit import Rules

__all__ = [
    "RULES",
    "brings_settings",
    "is_named_without_ml",
    "names_a_configuration",
]

_ML = frozenset({"torch", "tensorflow", "jax", "keras", "lightning", "hydra"})


def names_a_configuration(task: Task) -> None:
    """``config`` is ``pkg://`` and a package that can be imported."""
    assert isinstance(task.config, str), f"'config' is a {type(task.config).__name__}"
    assert task.config.startswith("pkg://"), f"'config' must be pkg://PACKAGE, got {task.config!r}"
    package = task.config.removeprefix("pkg://").replace("/", ".")
    try:
        found = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        found = None
    assert found is not None, f"there is no package {package!r}"


def brings_settings(task: Task) -> None:
    """The package has settings for a task: a YAML file in its folder ``task``."""
    package = task.config.removeprefix("pkg://").replace("/", ".")
    folder = files(package) / "task"
    assert folder.is_dir(), f"{package} has no folder 'task'"
    settings = [each for each in folder.iterdir() if each.name.endswith(".yaml")]
    assert settings, f"the folder 'task' of {package} holds no .yaml file"


def is_named_without_ml(task: Task) -> None:
    """Naming a task imports no framework: that waits for `data`, `module` and `export`."""
    module = type(task).__module__
    heavy = imported_by(f"import {module}") & _ML
    assert not heavy, f"importing {module} imports {', '.join(sorted(heavy))}"


def _is_task(component: Any) -> bool:
    return isinstance(component, Task)


RULES = (Rules(_is_task, (names_a_configuration, brings_settings, is_named_without_ml)),)
