"""Conditions and orders as SQL; every value is a bound parameter."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from audioml.core.errors import UsageError

from .filters import Comparison, Junction, Name, Negation, Node
from .tables import metrics, runs, settings

__all__ = ["condition", "names_in", "order"]

_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def condition(node: Node) -> ColumnElement[bool]:
    """Return a condition on rows of the table of runs."""
    if isinstance(node, Negation):
        return not_(func.coalesce(condition(node.node), false()))
    if isinstance(node, Junction):
        return (and_ if node.word == "and" else or_)(*(condition(inner) for inner in node.nodes))
    return _compared(node)


def order(name: Name, *, descending: bool) -> list[ColumnElement[Any]]:
    """Return the order by a field, a metric or a setting; runs that have none come last."""
    columns = [_column(name, numeric=True)]
    if name.scope == "config":
        columns.append(_column(name, numeric=False))
    wanted: list[ColumnElement[Any]] = []
    for column in columns:
        wanted += [column.is_(None), column.desc() if descending else column.asc()]
    return wanted


def names_in(node: Node) -> Iterator[Name]:
    """Yield the names that a condition speaks of."""
    if isinstance(node, Comparison):
        yield node.name
    else:
        for inner in (node.node,) if isinstance(node, Negation) else node.nodes:
            yield from names_in(inner)


def _compared(node: Comparison) -> ColumnElement[bool]:
    value = node.value
    numeric = isinstance(value, float)
    if node.name.scope == "config" and isinstance(value, bool):
        value = "true" if value else "false"
    column = _column(node.name, numeric=numeric)
    if value is None:
        return column.is_(None) if node.sign == "=" else column.is_not(None)
    if node.name.scope == "run":
        _check_field(node)
    if node.sign == "~":
        return column.contains(str(value), autoescape=True)
    found: ColumnElement[bool] = _SIGNS[node.sign](column, value)
    return found


def _column(name: Name, *, numeric: bool) -> ColumnElement[Any]:
    if name.scope == "run":
        return runs.c[name.name]
    if name.scope == "metrics":
        chosen = select(metrics.c.value).where(
            metrics.c.run == runs.c.id, metrics.c.name == name.name
        )
    else:
        value = settings.c.number if numeric else settings.c.text
        chosen = select(value).where(settings.c.run == runs.c.id, settings.c.name == name.name)
    return chosen.correlate(runs).scalar_subquery()


def _check_field(node: Comparison) -> None:
    kind = {"seconds": float, "dirty": bool}.get(node.name.name, str)
    if not isinstance(node.value, kind):
        wanted = {float: "a number", bool: "true or false", str: "a text in quotes"}[kind]
        raise UsageError(f"{node.name.name} is compared with {wanted}, got {node.value!r}")
