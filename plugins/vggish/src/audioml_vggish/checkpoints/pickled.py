"""Reads the pickles of torch and numpy without unpickling: a small machine that runs nothing.

Of the language of pickles (`pickletools`) it knows the words that make numbers, text, lists,
tuples and dictionaries. A pickle may call only what is in its list of names: functions of this
package that make tensors, and nothing else.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from typing import IO, Any

__all__ = ["Makers", "unpickled"]

Makers = Mapping[str, Any]
"""What a pickle may name: ``module.name`` to what stands for it, a harmless function mostly."""

_MARK = object()
_MOST = 1 << 17  # words in a pickle: a state dict has a few thousand
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_NUMBERS = {"BININT", "BININT1", "BININT2", "BINFLOAT", "FLOAT", "INT", "LONG", "LONG1", "LONG4"}
_TEXTS = {"BINUNICODE", "BINUNICODE8", "SHORT_BINUNICODE", "UNICODE"}
_BYTES = {"BINBYTES", "BINBYTES8", "SHORT_BINBYTES"}
_STRINGS = {"BINSTRING", "SHORT_BINSTRING", "STRING"}  # Python 2's
_VALUES = _NUMBERS | _TEXTS | _BYTES | _STRINGS


def unpickled(file: IO[bytes], makers: Makers, *, persistent: Callable[[Any], Any]) -> Any:
    """Return what a pickle describes; the file is left where the pickle ends.

    Parameters
    ----------
    file
        At the beginning of a pickle.
    makers
        What it may call.
    persistent
        Makes what the pickle only refers to.

    Raises
    ------
    ValueError, LookupError
        If it is damaged, or wants what is not in the list.
    """
    machine = _Machine(makers, persistent)
    for count, (word, argument, _) in enumerate(pickletools.genops(file)):
        if count > _MOST:
            raise ValueError("a pickle of more words than any state dict has")
        machine.step(word.name, argument)
    if len(machine.stack) != 1:
        raise ValueError("a pickle that leaves nothing, or too much")
    return machine.stack[0]


class _Machine:
    """A stack, and a memo of what has been on it."""

    def __init__(self, makers: Makers, persistent: Callable[[Any], Any]) -> None:
        self.stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._makers, self._persistent = makers, persistent

    def step(self, word: str, argument: Any) -> None:
        """Do what one word says."""
        if word in _VALUES:
            self.stack.append(argument)
        elif word in _CONSTANTS:
            self.stack.append(_CONSTANTS[word])
        elif word in _EMPTY:
            self.stack.append(_EMPTY[word]())
        elif word in _TUPLES:
            self._tuple(_TUPLES[word])
        elif word not in {"PROTO", "FRAME", "STOP"}:
            act = getattr(self, f"_{word.lower()}", None)
            if act is None:
                raise ValueError(f"a pickle with {word}, which no state dict has")
            act(argument)

    def _mark(self, _: Any) -> None:
        self.stack.append(_MARK)

    def _marked(self) -> list[Any]:
        """Take what lies above the last mark off the stack, and the mark too."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise ValueError("a pickle without a mark where one is needed")
        values = self.stack[at + 1 :]
        del self.stack[at:]
        return values

    def _pop(self, _: Any) -> None:
        self.stack.pop()

    def _tuple(self, size: Any) -> None:
        if size is None:
            self.stack.append(tuple(self._marked()))
        else:
            values = tuple(self.stack[len(self.stack) - size :])
            if len(values) != size:
                raise ValueError("a pickle that takes more than there is")
            self.stack[-size:] = [values]

    def _list(self, _: Any) -> None:
        self.stack.append(self._marked())

    def _append(self, _: Any) -> None:
        value = self.stack.pop()
        _of(list, self.stack[-1]).append(value)

    def _appends(self, _: Any) -> None:
        values = self._marked()
        _of(list, self.stack[-1]).extend(values)

    def _setitem(self, _: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        _set(self.stack[-1], [key, value])

    def _setitems(self, _: Any) -> None:
        pairs = self._marked()
        _set(self.stack[-1], pairs)

    def _binput(self, index: int) -> None:
        self._memo[index] = self.stack[-1]

    def _memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self.stack[-1]

    def _binget(self, index: int) -> None:
        self.stack.append(self._memo[index])

    _long_binput = _binput
    _long_binget = _binget

    def _global(self, name: str) -> None:
        self._named(name.replace(" ", "."))

    def _stack_global(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self._named(f"{module}.{name}")

    def _named(self, name: str) -> None:
        if name not in self._makers:
            raise ValueError(f"it wants to call {name}, and only tensors are read")
        self.stack.append(self._makers[name])

    def _reduce(self, _: Any) -> None:
        arguments, make = self.stack.pop(), self.stack.pop()
        if not any(make is known for known in self._makers.values()):
            raise ValueError("a pickle that calls what is no function")
        self.stack.append(make(*_of(tuple, arguments)))

    def _build(self, _: Any) -> None:
        state = self.stack.pop()
        take = getattr(self.stack[-1], "build", None)
        if take is not None:
            take(state)  # others, such as an OrderedDict with notes of its own, do without

    def _binpersid(self, _: Any) -> None:
        self.stack.append(self._persistent(self.stack.pop()))


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"a pickle with a {type(value).__name__} for a {kind.__name__}")  # noqa: TRY004
    return value


def _set(target: Any, pairs: list[Any]) -> None:
    if len(pairs) % 2:
        raise ValueError("a pickle with a key and no value")
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        _of(dict, target)[_of(str, key)] = value  # a nested key could overflow the stack
