"""Finds the parser that a setting names, or that the metadata asks for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from audioml.core.errors import NotFoundError, PluginError, UsageError
from audioml.core.files import shown
from audioml.core.plugins import registry

from ..items import Found, Item
from ..settings import Settings
from . import folders, maestro, pairs, table

__all__ = ["parse"]

_Parser = Callable[[Settings], Any]
_OWN: Mapping[str, _Parser] = {
    "folders": folders.parse,
    "maestro": maestro.parse,
    "pairs": pairs.parse,
    "table": table.parse,
}


def parse(settings: Settings) -> Found:
    """Return the recordings of a data set.

    Raises
    ------
    NotFoundError
        If there is no such parser, or the set has no recordings.
    PluginError
        If a parser gives something else.
    """
    parser = _parser(settings)
    found = Found.of(parser(settings))
    for item in found.items:
        if not isinstance(item, Item):
            raise PluginError(
                f"parser {settings.parser!r} must give Item objects, got {type(item).__name__}"
            )
    names = [item.name for item in found.items]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise PluginError(f"parser {settings.parser!r} gives two items the name {twice!r}")
    return found


def _parser(settings: Settings) -> _Parser:
    given = settings.parser
    if callable(given):
        return given
    if given:
        return _OWN.get(given) or _named(given)
    about = settings.metadata or maestro.metadata_in(settings.source_path)
    if about is None:
        return pairs.parse
    if not about.is_file():
        raise NotFoundError(f"'metadata' {shown(about)} does not exist")
    return maestro.parse if maestro.recognises(about) else table.parse


def _named(name: str) -> _Parser:
    """Return a plugin's parser, or the function that ``module:function`` names."""
    offered = {component.name for component in registry().components("parser")}
    if name in offered:
        loaded: _Parser = registry().find("parser", name).load()
        return loaded
    module, colon, attribute = name.partition(":")
    if not colon:
        known = ", ".join(sorted({*_OWN, *offered}))
        raise NotFoundError(
            f"there is no parser {name!r}; there is {known}, and any module:function"
        )
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"parser {name!r} cannot be imported: {error}") from error
    if not callable(found):
        raise UsageError(f"parser {name!r} must be a function, got {type(found).__name__}")
    function: _Parser = found
    return function
