"""How plugins are described, found and loaded. Importing this imports no numpy."""

from .component import KINDS, Component
from .hookspecs import hookimpl
from .registry import BrokenPlugin, Plugin, Registry, registry, using

__all__ = [
    "KINDS",
    "BrokenPlugin",
    "Component",
    "Plugin",
    "Registry",
    "hookimpl",
    "registry",
    "using",
]
