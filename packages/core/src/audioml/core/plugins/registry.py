"""Finds the installed plugins; one that is broken is a line in a list, never the end."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any

import pluggy

from ..errors import NotFoundError, PluginError
from . import hookspecs
from .component import Component
from .contract import checked_contract
from .tracing import traced

__all__ = ["ENTRY_POINT_GROUP", "BrokenPlugin", "Plugin", "Registry", "registry", "using"]

ENTRY_POINT_GROUP = "audioml"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that loaded, and what it offers.

    ``seconds`` is how long it took to import it and to ask what it offers; ``notice`` is what its
    author should change, in a sentence.
    """

    name: str
    distribution: str
    version: str
    components: tuple[Component, ...] = ()
    seconds: float = 0.0
    notice: str = ""


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that did not, and why."""

    name: str
    distribution: str
    version: str
    reason: str
    details: str = field(default="", repr=False)


class Registry:
    """The plugins of this environment.

    Parameters
    ----------
    plugins
        Plugin modules (or any objects with ``@hookimpl`` functions) by name, instead of the
        installed ones.
    """

    def __init__(self, plugins: dict[str, object] | None = None) -> None:
        self._manager = pluggy.PluginManager("audioml")
        self._manager.add_hookspecs(hookspecs)
        self._plugins: list[Plugin] = []
        self._broken: list[BrokenPlugin] = []
        if plugins is None:
            for distribution, entry in _installed():
                self._add_entry(distribution, entry)
        else:
            for name, module in plugins.items():
                self._add(Plugin(name, "", ""), lambda module=module: module)
        self._by_key = self._index()

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """Return the plugins that loaded."""
        return tuple(self._plugins)

    @property
    def broken(self) -> tuple[BrokenPlugin, ...]:
        """Return the plugins that did not load, each with its reason."""
        return tuple(self._broken)

    def components(self, kind: str | None = None) -> Iterator[Component]:
        """Yield the components, of one kind or of all."""
        for plugin in self._plugins:
            yield from (c for c in plugin.components if kind in (None, c.kind))

    def find(self, kind: str, name: str) -> Component:
        """Return a component by kind and name.

        Raises
        ------
        NotFoundError
            If no plugin offers it; the sentence names what is close, and what is broken.
        PluginError
            If two plugins offer it.
        """
        owners = self._by_key.get((kind, name), [])
        if len(owners) > 1:
            raise PluginError(
                f"{kind} {name!r} is offered by {' and by '.join(p for p, _ in owners)}; "
                "uninstall one, or name the plugins to use in AUDIOML_PLUGINS"
            )
        if not owners:
            raise NotFoundError(self._unknown(kind, name))
        return owners[0][1]

    def _unknown(self, kind: str, name: str) -> str:
        known = sorted({c.name for c in self.components(kind)})
        text = f"no installed plugin offers the {kind} {name!r}"
        text += f" (there is: {', '.join(known)})" if known else ""
        if self._broken:
            text += f"; broken: {', '.join(b.name for b in self._broken)}, see `audioml plugins`"
        return text

    def _index(self) -> dict[tuple[str, str], list[tuple[str, Component]]]:
        index: dict[tuple[str, str], list[tuple[str, Component]]] = {}
        for plugin in self._plugins:
            for component in plugin.components:
                index.setdefault((component.kind, component.name), []).append(
                    (plugin.name, component)
                )
        return index

    def _add_entry(self, distribution: Distribution, entry: EntryPoint) -> None:
        about = Plugin(entry.name, distribution.metadata["Name"], distribution.version)
        self._add(about, entry.load)

    def _add(self, about: Plugin, load: object) -> None:
        began = time.perf_counter()
        try:
            with contextlib.redirect_stdout(sys.stderr):  # results alone go to stdout
                with traced(f"import plugin {about.name!r}"):
                    module = load()  # type: ignore[operator]
                written_for = getattr(module, "audioml_contract", 1)
                named = about.distribution or about.name
                notice = checked_contract(written_for, named, about.version)
                self._manager.register(module, about.name)
                self._manager.check_pending()  # a hook that does not exist
                with traced(f"call components() of {about.name!r}"):
                    offered = _checked(self._offered(module))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may raise anything
            if self._manager.has_plugin(about.name):
                self._manager.unregister(name=about.name)
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            self._broken.append(
                BrokenPlugin(
                    about.name,
                    about.distribution,
                    about.version,
                    reason,
                    "".join(traceback.format_exception(error)),
                )
            )
        else:
            if notice:
                _log.warning("%s", notice)
            took = time.perf_counter() - began
            self._plugins.append(
                replace(about, components=tuple(offered), seconds=took, notice=notice)
            )

    def _offered(self, module: object) -> Any:
        for implementation in self._manager.hook.components.get_hookimpls():
            if implementation.plugin is module:
                return implementation.function()
        return ()


def _checked(offered: Any) -> list[Component]:
    found = []
    for component in offered if isinstance(offered, Iterable) else [offered]:
        if not isinstance(component, Component):
            raise PluginError(
                f"components() must return Component objects, got {type(component).__name__}"
            )
        found.append(component)
    return found


def _installed() -> Iterator[tuple[Distribution, EntryPoint]]:
    wanted = os.environ.get("AUDIOML_PLUGINS")
    names = None if wanted is None else {n.strip() for n in wanted.split(",") if n.strip()}
    seen: set[tuple[str, str]] = set()
    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group != ENTRY_POINT_GROUP or (entry.name, entry.value) in seen:
                continue
            seen.add((entry.name, entry.value))
            if names is None or entry.name in names or entry.name in _ALWAYS:
                yield distribution, entry


_ALWAYS = {"core"}


_in_use: list[Registry] = []


def registry() -> Registry:
    """Return the registry in use: that of the installed plugins, built on first use."""
    return _in_use[-1] if _in_use else _of_this_environment()


@functools.cache
def _of_this_environment() -> Registry:
    return Registry()


@contextlib.contextmanager
def using(chosen: Registry) -> Iterator[Registry]:
    """Put a registry in the place of the installed plugins' while the block runs."""
    _in_use.append(chosen)
    try:
        yield chosen
    finally:
        _in_use.remove(chosen)
