"""What `audioml plugins check` looks at: one plugin, from its entry point to its rules."""

from __future__ import annotations

import importlib.metadata
import inspect
import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..errors import AudiomlError, NotFoundError
from ..plugins import Component, Plugin, registry
from ..plugins.registry import ENTRY_POINT_GROUP

__all__ = ["Finding", "findings"]

_MADE = {"backend", "decoder", "estimator", "extractor", "generator", "task"}
"""Kinds whose targets make something that has rules."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``good`` is None where it could not be tried."""

    what: str
    state: str
    good: bool | None = True


def findings(name: str) -> Iterator[Finding]:
    """Yield everything that is worth knowing of a plugin.

    Raises
    ------
    NotFoundError
        If none is installed by that name.
    """
    for broken in registry().broken:
        if broken.name == name:
            yield Finding("import", f"{broken.reason}; see: audioml plugins why {name}", good=False)
            return
    plugin = next((each for each in registry().plugins if each.name == name), None)
    if plugin is None:
        known = ", ".join(each.name for each in registry().plugins)
        raise NotFoundError(f"no plugin is called {name!r} (there is: {known})")
    yield Finding("import", f"{plugin.distribution} {plugin.version}: {_took(plugin)}")
    yield Finding("hooks", plugin.notice or "of the present contract", good=not plugin.notice)
    yield from _module(name)
    yield from _names(plugin)
    yield _licence(plugin.distribution)
    for component in plugin.components:
        yield _component(component)


def _took(plugin: Plugin) -> str:
    count = len(plugin.components)
    return f"{count} component{'s' * (count != 1)} in {1000 * plugin.seconds:.1f} ms"


def _module(name: str) -> Iterator[Finding]:
    """Yield what the rules of plugin modules say, if it is a module that is installed."""
    from ..testing.checks.modules import imports_nothing_heavy

    module = _loaded(name)
    if module is None:
        yield Finding("imports of plugin.py", "not tried: it is not installed", good=None)
        return
    yield _tried("imports of plugin.py", lambda: imports_nothing_heavy(module), "nothing heavy")


def _loaded(name: str) -> ModuleType | None:
    for entry in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP, name=name):
        module = entry.load()
        return module if inspect.ismodule(module) else None
    return None


def _names(plugin: Plugin) -> Iterator[Finding]:
    """Yield whether its components can be told from those of other plugins."""
    for component in plugin.components:
        try:
            registry().find(component.kind, component.name)
        except AudiomlError as error:
            yield Finding("names", str(error), good=False)
            return
    yield Finding("names", "each belongs to this plugin alone")


def _licence(distribution: str) -> Finding:
    try:
        about: Any = importlib.metadata.metadata(distribution)  # an email's header
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return Finding("licence", "not tried: it is not installed", good=None)
    told = about.get("License-Expression") or about.get("License") or ""
    classified = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    found = told.strip().splitlines()[:1] or [c.rpartition(" :: ")[2] for c in classified[:1]]
    if not found:
        return Finding("licence", "none: put an SPDX name into pyproject.toml", good=False)
    return Finding("licence", found[0])


def _component(component: Component) -> Finding:
    """Return what the rules say of a component, and of what it makes, if that needs no model."""
    from ..testing import checks_for

    what = f"{component.kind} {component.name}"
    if component.missing:
        return Finding(what, f"not tried: pip install {' '.join(component.missing)}", good=None)
    broken = _first_broken(checks_for(component))
    if broken:
        return Finding(what, broken, good=False)
    try:
        made, reason = _made(component)
        checks = checks_for(made) if made is not None else []
    except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
        said = f"cannot be made: {type(error).__name__}: {_line(error)}"
        return Finding(what, said, good=False)
    broken = _first_broken(checks)
    if broken:
        return Finding(what, broken, good=False)
    return Finding(what, f"keeps {len(checks)} rules" if checks else f"loads{reason}")


def _made(component: Component) -> tuple[Any, str]:
    """Return what a component makes of nothing, if rules can be tried on it, or why not."""
    if component.kind not in _MADE:
        return None, ""
    if component.kind in ("backend", "decoder"):
        return None, "; its rules want an example, in tests of its own"
    factory = component.load()
    if not callable(factory):
        return factory, ""
    wanted = [
        name
        for name, each in inspect.signature(factory).parameters.items()
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    if wanted:
        return None, f"; its rules want one that is made with {', '.join(wanted)}"
    try:
        return factory(), ""
    except AudiomlError as error:
        return None, f"; its rules want a model: {_line(error)}"


def _first_broken(checks: list[Any]) -> str:
    """Return which rule is broken, and how, or nothing."""
    for check in checks:
        found = _tried("", check, "")
        if not found.good:
            return f"{check.rule.__name__}: {found.state} ({check.rule.__doc__.splitlines()[0]})"
    return ""


def _tried(what: str, call: Any, good: str) -> Finding:
    try:
        with redirect_stdout(io.StringIO()):  # what it prints is no verdict
            call()
    except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
        prefix = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
        return Finding(what, prefix + _line(error), good=False)
    return Finding(what, good)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
