"""The whole contract between audioml and a plugin.

A plugin is a module named by an entry point of the group ``audioml``. It implements any of the
hooks below with ``@hookimpl`` and should import nothing heavier than ``audioml.core.plugins``.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from .component import Component

__all__ = ["hookimpl", "hookspec"]

hookspec = pluggy.HookspecMarker("audioml")
hookimpl = pluggy.HookimplMarker("audioml")


@hookspec
def components() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return what the plugin offers, as data: nothing is imported until it is used."""
