"""The addresses of the native API, a file for each group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Blueprint

from . import documents, generate, health, jobs, models, predict, stream

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprints"]


def blueprints(service: Service) -> Iterator[Blueprint]:
    """Yield the routes of the native API."""
    for module in (health, models, predict, stream, jobs, generate, documents):
        yield module.blueprint(service)
