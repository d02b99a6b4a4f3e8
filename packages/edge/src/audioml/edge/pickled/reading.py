"""Reads what a pickle would make, and makes nothing of it: no name is imported, nothing called."""

from __future__ import annotations

import pickletools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from audioml.core.errors import PluginError

from .machine import Machine, Made, Named

__all__ = ["Code", "Sketch", "codes", "keywords", "read"]


class Code(NamedTuple):
    """Bytecode, the number of its constants, and how many arguments make its code object."""

    instructions: bytes
    constants: int
    arguments: int


@dataclass(slots=True)
class Sketch:
    """A pickle that was read: its object, everything that calls would make, and what follows."""

    root: Any = None
    made: list[Made] = field(default_factory=list)
    rest: bytes = b""


def read(data: bytes) -> Sketch:
    """Return what a pickle describes, with `Named` and `Made` where it would run code.

    Raises
    ------
    PluginError
        If it is not a whole pickle.
    """
    machine = Machine()
    try:
        for opcode, argument, position in pickletools.genops(data):
            if opcode.name == "STOP":
                rest = data[(position or 0) + 1 :]
                return Sketch(machine.stack.pop(), machine.made, rest)
            machine.step(opcode.name, argument)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise PluginError(f"the file is not a pickle that can be read: {error}") from error
    raise PluginError("the file is not a whole pickle: it does not end")


def keywords(sketch: Sketch) -> Mapping[str, Any]:
    """Return the keywords of a pickled `functools.partial`; none where it is something else."""
    root = sketch.root
    if not isinstance(root, Made):
        return {}
    parts = (root.function, *root.arguments)
    if not any(map(_is_partial, parts)):
        return {}
    state = root.state if isinstance(root.state, tuple) else ()
    found = [part for part in (*parts, *state) if isinstance(part, dict)]
    return found[0] if found else {}


def _is_partial(part: Any) -> bool:
    if isinstance(part, Named):
        return part == ("functools", "partial")
    return isinstance(part, Made) and part.arguments == ("PartialType",)  # dill's name of it


def codes(sketch: Sketch) -> list[Code]:
    """Return all bytecode of a pickle, as dill and cloudpickle lay it out."""
    found = (_code(made.arguments) for made in sketch.made)
    return [code for code in found if code is not None]


def _code(arguments: tuple[Any, ...]) -> Code | None:
    if arguments and type(arguments[0]) is not int:  # dill's own first: co_lnotab
        arguments = arguments[1:]
    counts = 0
    while counts < len(arguments) and type(arguments[counts]) is int:
        counts += 1
    if counts not in (5, 6) or len(arguments) < 14:  # Python 3.7 had one less
        return None
    code, constants = arguments[counts : counts + 2]
    if not isinstance(code, bytes) or not isinstance(constants, tuple):
        return None
    return Code(code, len(constants), len(arguments))
