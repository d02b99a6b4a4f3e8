"""Rules of the module that an entry point names."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from types import ModuleType
from typing import Any

from ...plugins import Registry
from .descriptors import is_what_its_kind_says, tells_itself_in_a_line
from .importing import imported_by
from .kit import Rules

__all__ = [
    "RULES",
    "can_be_registered",
    "gives_each_a_name_of_its_own",
    "imports_nothing_heavy",
    "offers_what_it_says",
]

_LIGHT = "import audioml.core.plugins as _p\n"
_LISTED = _LIGHT + "import {0} as _m\nassert not _p.Registry({{'it': _m}}).broken"


def can_be_registered(module: ModuleType) -> None:
    """Its hooks exist, it is of a contract that this audioml knows, and it lists components."""
    registry = Registry({module.__name__: module})
    for broken in registry.broken:
        raise AssertionError(broken.reason)
    assert list(registry.components()), "it offers no component"


def imports_nothing_heavy(module: ModuleType) -> None:
    """Listing what it offers imports no package beyond ``audioml.core.plugins`` and its own."""
    name = module.__name__
    own = {name.partition(".")[0], *sys.stdlib_module_names}
    heavy = imported_by(_LISTED.format(name)) - imported_by(_LIGHT) - own
    assert not heavy, f"importing {name} imports {', '.join(sorted(heavy))}"


def gives_each_a_name_of_its_own(module: ModuleType) -> None:
    """No two of its components are of one kind and name."""
    found = Registry({module.__name__: module}).components()
    counts = Counter((component.kind, component.name) for component in found)
    twice = [f"{kind} {name!r}" for (kind, name), count in counts.items() if count > 1]
    assert not twice, f"offered more than once: {', '.join(twice)}"


def offers_what_it_says(module: ModuleType) -> None:
    """Every component keeps the rules of components: its target is what its kind is used as."""
    for component in Registry({module.__name__: module}).components():
        tells_itself_in_a_line(component)
        is_what_its_kind_says(component)


def _is_plugin(found: Any) -> bool:
    return inspect.ismodule(found)


RULES = (
    Rules(
        _is_plugin,
        (
            can_be_registered,
            imports_nothing_heavy,
            gives_each_a_name_of_its_own,
            offers_what_it_says,
        ),
    ),
)
