"""The ``X-Fields`` header, by which a client asks for some fields of a reply only.

A mask is names with commas between them, in braces or not: ``{id,name}``; ``*`` is all of them.
A name may be followed by a mask for what is inside it, which no field of this API has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from .replies import RefusedError

__all__ = ["Mask"]

_MARK = re.compile(r"[{},]|[\w:*-]+")
_START = ""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mask:
    """The fields a client asked for, in its order; those ``inside`` have masks of their own."""

    names: tuple[str, ...]
    inside: frozenset[str]

    @classmethod
    def read(cls, text: str) -> Mask:
        """Return the mask that ``text`` spells."""
        names: list[str] = []
        inside: set[str] = set()
        depth, before = 0, _START
        for mark in _MARK.findall(_without_braces(text)):
            _check(mark, before, depth)
            if mark == "{":
                inside |= {before} if depth == 0 else set()
                depth += 1
            elif mark == "}":
                depth -= 1
            elif mark != "," and depth == 0:
                names.append(mark)
            before = mark
        if depth:
            raise _refused("Mask parse error: Missing closing bracket")
        return cls(tuple(names), frozenset(inside))

    def apply(self, fields: Mapping[str, T]) -> dict[str, T]:
        """Return those of the fields that the mask names; names that are no field are left out."""
        if self.inside & fields.keys():
            raise _refused("Mask error: Mask is inconsistent with model")
        kept = {name: fields[name] for name in self.names if name in fields}
        if "*" in self.names:
            kept |= {name: value for name, value in fields.items() if name not in kept}
        return kept


def _refused(why: str) -> RefusedError:
    return RefusedError({"message": why})


def _without_braces(text: str) -> str:
    text = text.strip()
    if not text.startswith("{"):
        return text
    if not text.endswith("}"):
        raise _refused("Mask parse error: Missing closing bracket")
    return text[1:-1]


def _check(mark: str, before: str, depth: int) -> None:
    if mark == "{" and before in {_START, "{", "}", ","}:
        raise _refused("Mask parse error: Unexpected opening bracket")
    if mark == "}" and not depth:
        raise _refused("Mask parse error: Unexpected closing bracket")
    if mark == "," and before in {_START, "{", ","}:
        raise _refused("Mask parse error: Unexpected comma")
