"""Rules of what a plugin lists: the description, and the object that it leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ...formats.format import Format
from ...models.importing import Importer
from ...models.published import Published
from ...plugins import Component
from ...stages import Backend
from .kit import Rules

__all__ = [
    "RULES",
    "explains_itself",
    "is_what_its_kind_says",
    "tells_itself_in_a_line",
]


def tells_itself_in_a_line(component: Component) -> None:
    """The summary is one line that says something."""
    assert component.summary.strip(), f"the summary of {component.name!r} is empty"
    assert "\n" not in component.summary, f"the summary of {component.name!r} has several lines"


def is_what_its_kind_says(component: Component) -> None:
    """The target can be imported, and is what its kind is used as."""
    if component.missing:
        return
    found = component.load()
    fits, wanted = _WANTED.get(component.kind, (callable, "something to be called"))
    assert fits(found), (
        f"{component.kind} {component.name!r} must be {wanted}, {component.target!r} is a "
        f"{type(found).__name__}"
    )


def explains_itself(component: Component) -> None:
    """A command has a help text, and so has everything below it."""
    if component.missing:
        return
    for name, command in _below(component.name, component.load()):
        assert command.help or command.short_help, f"the command {name!r} has no help"


def _below(name: str, command: click.Command) -> list[tuple[str, click.Command]]:
    below = getattr(command, "commands", {})
    found = [_below(f"{name} {part}", each) for part, each in below.items()]
    return [(name, command), *(each for part in found for each in part)]


def _is_backend(found: Any) -> bool:
    return callable(found) and isinstance(found(), Backend)


def _is_task(found: Any) -> bool:
    return all(hasattr(found, name) for name in ("config", "data", "module", "export"))


def _is(kind: Any) -> Callable[[Any], bool]:
    return lambda found: isinstance(found, kind)


_WANTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "backend": (_is_backend, "a class of Backends, made with nothing"),
    "check": (bool, "Rules, or a tuple of them"),
    "collection": (lambda found: found is not None, "a Collection"),
    "command": (_is(click.Command), "a click.Command"),
    "format": (_is(Format), "a Format"),
    "importer": (_is(Importer), "an Importer"),
    "model": (_is(Published), "a Published"),
    "task": (_is_task, "a Task"),
}


def _is_component(found: Any) -> bool:
    return isinstance(found, Component)


def _is_command(found: Any) -> bool:
    return _is_component(found) and found.kind == "command"


RULES = (
    Rules(_is_component, (tells_itself_in_a_line, is_what_its_kind_says)),
    Rules(_is_command, (explains_itself,)),
)
