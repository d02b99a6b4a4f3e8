"""Tells, without running it, whether a pickle's bytecode is of the Python that runs.

Bytecode of another minor version loads well and then crashes the interpreter when it is called:
of 12 pairs of Python 3.10 to 3.13, seven end in a segmentation fault.
"""

from __future__ import annotations

import dis
import opcode
import re
import sys
from collections.abc import Callable

from audioml.core.errors import PluginError

from .reading import Code, Sketch, codes, read

__all__ = ["THIS", "check_python", "foreign", "recorded", "runs_here", "trailer"]

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The minor version of the Python that runs, such as ``3.11``."""

_TRAILER = re.compile(rb"\A\s*# audioml: python (\d+\.\d+)\s*\Z")
_ARGUMENTS = 18 if sys.version_info >= (3, 11) else 16  # of a code object
_PROLOGUE = {"COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR", "POP_TOP", "NOP", "EXTENDED_ARG"}
_LAST = ("RETURN", "RAISE", "RERAISE", "JUMP", "INTERPRETER_EXIT")
_CACHES = getattr(opcode, "_inline_cache_entries", {})  # a list until 3.12, then by name
_RESUME = {(151, 0): "3.11 or 3.12", (149, 0): "3.13", (128, 0): "3.14"}  # how functions begin


def trailer() -> bytes:
    """Return what follows a pickle that we write; unpicklers do not look at it."""
    return f"\n# audioml: python {THIS}\n".encode()


def recorded(sketch: Sketch) -> str | None:
    """Return the Python that a pickle says it was made by, such as ``3.11``."""
    found = _TRAILER.match(sketch.rest)
    return found[1].decode() if found else None


def foreign(data: bytes) -> str | None:
    """Return which other Python made a pickle, or None if this one can run it.

    A pickle that only names functions of installed packages suits every Python.

    Raises
    ------
    PluginError
        If it is not a pickle.
    """
    sketch = read(data)
    told = recorded(sketch)
    if told is not None:
        return None if told == THIS else f"Python {told}"
    for code in codes(sketch):
        if not runs_here(code):
            return _guess(code)
    return None


def check_python(data: bytes, what: str) -> None:
    """Refuse a pickle of another Python; ``what`` names it in the sentence.

    Raises
    ------
    PluginError
        If its bytecode is not of the Python that runs, or it is not a pickle.
    """
    try:
        maker = foreign(data)
    except PluginError as error:
        raise PluginError(f"{what}: {error}") from error
    if maker is not None:
        raise PluginError(
            f"{what} holds bytecode of {maker}, which would crash this Python {THIS}; export it "
            f"anew with Python {THIS}, or write a description that suits every Python: "
            "audioml edge export-features X.toml"
        )


def runs_here(code: Code) -> bool:
    """Return whether bytecode is laid out as this Python's: opcodes, caches, constants, jumps."""
    if code.arguments != _ARGUMENTS or len(code.instructions) % 2:
        return False
    walked = _walked(code)
    if not walked:
        return False
    names = list(walked.values())
    find: Callable[[bytes], list[int]] = dis.findlabels  # type: ignore[assignment]
    starts = set(find(code.instructions))
    return names[-1].startswith(_LAST) and starts <= walked.keys() and _resumes(names)


def _walked(code: Code) -> dict[int, str]:
    """Return the instruction at each offset; none if one is not of this Python."""
    found: dict[int, str] = {}
    at = high = 0
    while at < len(code.instructions):
        number, argument = code.instructions[at], code.instructions[at + 1] | high
        name = dis.opname[number]
        caches = code.instructions[at + 2 : at + 2 + 2 * _caches(number, name)]
        if not _known(name) or any(caches) or len(caches) < 2 * _caches(number, name):
            return {}
        if number in dis.hasconst and argument >= code.constants:
            return {}
        high = argument << 8 if name == "EXTENDED_ARG" else 0
        found[at] = name
        at += 2 + len(caches)
    return found


def _known(name: str) -> bool:
    return not name.startswith(("<", "CACHE", "INSTRUMENTED", "RESERVED", "ENTER_EXECUTOR"))


def _caches(number: int, name: str) -> int:
    found = _CACHES.get(name, 0) if isinstance(_CACHES, dict) else _CACHES[number]
    return int(found)


def _resumes(names: list[str]) -> bool:
    """Return whether a function begins as one of this Python does."""
    if "RESUME" not in dis.opmap:
        return True
    return next((name for name in names if name not in _PROLOGUE), "") == "RESUME"


def _guess(code: Code) -> str:
    if code.arguments <= 16:
        return "Python 3.10 or older"
    first = zip(code.instructions[:8:2], code.instructions[1:8:2], strict=False)
    likely = next((_RESUME[pair] for pair in first if pair in _RESUME), None)
    if likely is None or likely == THIS:
        return "another Python"
    return f"Python {' or '.join(v for v in likely.split(' or ') if v != THIS)}"
