"""Finds the rules that hold for a component, and makes tests of them."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import AudiomlError, UsageError
from ...plugins import Component, registry

if TYPE_CHECKING:
    import pytest

__all__ = ["Check", "Rules", "checks_for", "parametrize_with_checks"]

_MODULES = (
    *("estimators", "pipelines", "extractors", "backends", "decoders", "generators"),
    *("tasks", "folders", "descriptors", "modules"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule to be tried on one component."""

    rule: Callable[[Any], None]
    component: Any

    def __call__(self) -> None:
        """Raise AssertionError where the component breaks the rule."""
        self.rule(self.component)

    def __str__(self) -> str:
        return f"{_name(self.component)}-{self.rule.__name__}"


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules that hold for the components that ``fits`` tells apart.

    A plugin that brings a protocol of its own offers such an object, or a tuple of them, as a
    component of the kind ``check``; `checks_for` finds it there.
    """

    fits: Callable[[Any], bool]
    rules: tuple[Callable[[Any], None], ...]


def checks_for(component: Any) -> list[Check]:
    """Return the rules that hold for a component.

    Parameters
    ----------
    component
        An estimator, an extractor, a generator, a task, a sink or a source; a `BackendExample` or
        a `DecoderExample`; the path of a model folder; a `Component`; or the module of a plugin.

    Raises
    ------
    TypeError
        If it is of a kind that has no rules, or a class where one of its objects is wanted.
    """
    if inspect.isclass(component):
        raise TypeError(f"there are checks for objects: give {component.__name__}(), not the class")
    found = [
        Check(rule, component) for each in _known() if each.fits(component) for rule in each.rules
    ]
    if not found:
        raise TypeError(f"there are no checks for a {type(component).__name__}")
    return found


def parametrize_with_checks(
    components: Iterable[Any], *, expected_failures: Mapping[str, str] | None = None
) -> pytest.MarkDecorator:
    """Return a decorator that runs a test with ``check`` set to every rule of every component.

    Parameters
    ----------
    components
        What `checks_for` takes.
    expected_failures
        Name of a rule to the reason why these components break it. It is strict: a rule that is
        kept after all is a failure too, so that no reason outlives its cause.

    Raises
    ------
    UsageError
        If an expected failure is of a rule that none of the components has.
    """
    import pytest

    expected = dict(expected_failures or {})
    checks = [check for component in components for check in checks_for(component)]
    names = {check.rule.__name__ for check in checks}
    for name in expected.keys() - names:
        raise UsageError(f"{name!r} is no rule of these components (they have: {_listed(names)})")

    def marked(check: Check) -> Any:
        reason = expected.get(check.rule.__name__)
        marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason is not None else []
        return pytest.param(check, marks=marks, id=str(check))

    return pytest.mark.parametrize("check", [marked(check) for check in checks])


def _known() -> Iterator[Rules]:
    for module in _MODULES:
        yield from importlib.import_module(f".{module}", __package__).RULES
    for component in registry().components("check"):
        if component.missing:
            continue
        try:
            offered = component.load()
        except AudiomlError as error:  # one broken plugin harms no other
            warnings.warn(str(error), stacklevel=3)
            continue
        yield from (offered,) if isinstance(offered, Rules) else offered


def _name(component: Any) -> str:
    """Return what a component is called in the name of a test."""
    if spec := getattr(component, "spec", None):
        return str(spec.name)
    if isinstance(component, Path):
        return component.name
    if isinstance(component, Component):
        return f"{component.kind}-{component.name}"
    if inspect.ismodule(component):
        return component.__name__
    own: Any = type(component).__str__
    if own is not object.__str__:  # an example says what it is of
        return str(component)
    return type(component).__name__


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
