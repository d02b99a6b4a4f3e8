"""The stack machine of pickles, with stand-ins for whatever would run code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["Machine", "Made", "Named"]

_MARK = object()
_PUSHED = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("UNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINUNICODE"),
    *("BINBYTES", "BINBYTES8", "SHORT_BINBYTES", "BYTEARRAY8"),
}


class Named(NamedTuple):
    """An object that the pickle refers to by name."""

    module: str
    name: str


@dataclass(slots=True, eq=False)
class Made:
    """What a call would return: of ``function``, with ``arguments``, then given ``state``."""

    function: Any
    arguments: tuple[Any, ...]
    state: Any = None


class Machine:
    """Takes the opcodes of protocols 0 to 5, by the names that `pickletools` has for them."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.made: list[Made] = []

    def step(self, name: str, argument: Any) -> None:
        """Do what an opcode says."""
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _PLAIN:
            self.stack.append(_PLAIN[name]())
        elif name in _MEMO:
            _MEMO[name](self, argument)
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in ("PROTO", "FRAME", "READONLY_BUFFER"):
            self.make(Named("?", name), ())  # extensions and persistent ids

    def make(self, function: Any, arguments: Any) -> None:
        """Note a call, and put a stand-in for its result on the stack."""
        if function == ("_codecs", "encode") and len(arguments) == 2:  # bytes of protocol 2
            self.stack.append(str(arguments[0]).encode("latin-1"))
            return
        made = Made(function, arguments if isinstance(arguments, tuple) else ())
        self.made.append(made)
        self.stack.append(made)

    def marked(self) -> list[Any]:
        """Return what lies above the last mark, and take it away."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise LookupError("a mark is missing")
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items

    def last(self, count: int) -> tuple[Any, ...]:
        """Return the last items, and take them away."""
        items = tuple(self.stack[-count:])
        if len(items) < count:
            raise LookupError("the stack is too short")
        del self.stack[-count:]
        return items

    def extend(self, items: list[Any]) -> None:
        """Append to the list on top of the stack."""
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(items)

    def update(self, items: list[Any]) -> None:
        """Add keys and values by turns to the dictionary on top of the stack."""
        if isinstance(self.stack[-1], dict):
            self.stack[-1].update(_pairs(items))

    def build(self, state: Any) -> None:
        """Note the state of what is on top of the stack."""
        if isinstance(self.stack[-1], Made):
            self.stack[-1].state = state

    def named(self, text: str) -> None:
        """Push a reference, given as module, space, name."""
        module, _, name = text.partition(" ")
        self.stack.append(Named(module, name))


def _pairs(items: list[Any]) -> dict[Any, Any]:
    pairs = zip(items[::2], items[1::2], strict=True)
    return {k: v for k, v in pairs if isinstance(k, str | bytes | int | float | None)}


def _instance(machine: Machine, argument: Any) -> None:
    items = tuple(machine.marked())
    machine.make(Named(*str(argument).split(" ", 1)), items)


def _object(machine: Machine, _: Any) -> None:
    items = machine.marked()
    machine.make(items[0], tuple(items[1:]))


_Step = Callable[[Machine, Any], Any]
_PLAIN: dict[str, Callable[[], Any]] = {
    "MARK": lambda: _MARK,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
}
_MEMO: dict[str, _Step] = {
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, a: m.stack.append(m.memo[int(a)])),
    **dict.fromkeys(
        ("PUT", "BINPUT", "LONG_BINPUT"), lambda m, a: m.memo.__setitem__(int(a), m.stack[-1])
    ),
    "MEMOIZE": lambda m, _: m.memo.__setitem__(len(m.memo), m.stack[-1]),
}
_STEPS: dict[str, _Step] = {
    "POP": lambda m, _: m.stack.pop(),
    "POP_MARK": lambda m, _: m.marked(),
    "DUP": lambda m, _: m.stack.append(m.stack[-1]),
    "LIST": lambda m, _: m.stack.append(m.marked()),
    "FROZENSET": lambda m, _: m.stack.append(m.marked()),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.marked())),
    "TUPLE1": lambda m, _: m.stack.append(m.last(1)),
    "TUPLE2": lambda m, _: m.stack.append(m.last(2)),
    "TUPLE3": lambda m, _: m.stack.append(m.last(3)),
    "DICT": lambda m, _: m.stack.append(_pairs(m.marked())),
    "APPEND": lambda m, _: m.extend(list(m.last(1))),
    "APPENDS": lambda m, _: m.extend(m.marked()),
    "ADDITEMS": lambda m, _: m.extend(m.marked()),
    "SETITEM": lambda m, _: m.update(list(m.last(2))),
    "SETITEMS": lambda m, _: m.update(m.marked()),
    "GLOBAL": lambda m, a: m.named(str(a)),
    "STACK_GLOBAL": lambda m, _: m.stack.append(Named(*map(str, m.last(2)))),
    "REDUCE": lambda m, _: m.make(*m.last(2)),
    "NEWOBJ": lambda m, _: m.make(*m.last(2)),
    "NEWOBJ_EX": lambda m, _: m.make(*m.last(3)[:2]),
    "BUILD": lambda m, _: m.build(*m.last(1)),
    "INST": _instance,
    "OBJ": _object,
    "BINPERSID": lambda m, _: m.make(Named("?", "BINPERSID"), m.last(1)),
}
