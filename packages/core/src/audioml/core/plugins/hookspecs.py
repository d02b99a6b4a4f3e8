"""The whole contract between audioml and a plugin.

A plugin is a module named by an entry point of the group ``audioml``. It implements any of the
hooks below with ``@hookimpl`` and should import nothing heavier than ``audioml.core.plugins``.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from .component import Component

__all__ = ["CONTRACT", "hookimpl", "hookspec"]

CONTRACT = 1
"""Version of this contract: it grows by one where a plugin must be changed to go on working.

A plugin says which it was written for by ``audioml_contract = 1``; one that says nothing was
written for 1. Older ones work for one version more, see ``docs/reference/stability.md``.
"""

hookspec = pluggy.HookspecMarker("audioml")
hookimpl = pluggy.HookimplMarker("audioml")


@hookspec
def components() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return what the plugin offers, as data: nothing is imported until it is used."""
