"""How the hot loops are compiled: without the interpreter's lock, and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["compiled", "counting", "inlined"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",  # a division by zero is no exception
    "_nrt": False,  # nothing is allocated, nothing counted: small networks run half as fast again
}


def compiled(function: _Function) -> _Function:
    """Compile a function when it is first called, and keep the result where that is possible.

    What is kept is known by the function's own file: touch it after a change in a file of those
    that it calls.
    """
    return _compiled(function, _OPTIONS)


def counting(function: _Function) -> _Function:
    """Compile a function whose only sums are of whole numbers, which no order of terms changes."""
    return _compiled(function, {**_OPTIONS, "fastmath": {"reassoc"}})


def inlined(function: _Function) -> _Function:
    """Make a function a part of those that call it."""
    return cast(_Function, njit(inline="always", **_OPTIONS)(function))


def _compiled(function: _Function, options: dict[str, Any]) -> _Function:
    try:
        return cast(_Function, njit(cache=True, **options)(function))
    except RuntimeError:  # neither beside the code nor at home can anything be written
        return cast(_Function, njit(**options)(function))
