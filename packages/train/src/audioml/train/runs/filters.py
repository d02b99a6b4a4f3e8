"""The little language of ``where``: ``metrics.f1 > 0.9 and config.optimizer.lr < 1e-3``.

::

    all     = some { "or" some }          some = one { "and" one }
    one     = "not" one | "(" all ")" | name ("=" "!=" "<" "<=" ">" ">=" "~") value
    name    = field of a run | "metrics." NAME | "config." NAME      (odd names: metrics."a b")
    value   = number | 'text' | "text" | true | false | none

``~`` is true of texts that contain the value. A run that has no such metric or setting is found by
``= none`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audioml.core.errors import UsageError

__all__ = ["FIELDS", "Comparison", "Junction", "Name", "Negation", "Node", "parse", "parse_name"]

FIELDS = (
    "id", "task", "status", "started", "ended", "seconds", "error", "model", "commit", "branch",
    "dirty", "folder",
)  # fmt: skip
_LONGEST, _DEEPEST = 4000, 40
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<name>[A-Za-z_](?:[\w/:@-]|\.(?=[\w/]))*(?:\.(?:"[^"]+"|'[^']+'))?)
    | (?P<sign><=|>=|==|!=|[<>=~()])
    )""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False, "none": None, "null": None}


@dataclass(frozen=True, slots=True)
class Name:
    """``scope`` is ``run``, ``metrics`` or ``config``."""

    scope: str
    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A name, one of ``= != < <= > >= ~``, and a value."""

    name: Name
    sign: str
    value: str | float | bool | None


@dataclass(frozen=True, slots=True)
class Negation:
    """What is true where ``node`` is not."""

    node: Node


@dataclass(frozen=True, slots=True)
class Junction:
    """``word`` is ``and`` or ``or``."""

    word: str
    nodes: tuple[Node, ...]


Node = Comparison | Negation | Junction


def parse(text: str) -> Node:
    """Return an expression as a tree.

    Raises
    ------
    UsageError
        If it does not follow the grammar; the sentence says where.
    """
    if len(text) > _LONGEST:
        raise UsageError(f"a condition has at most {_LONGEST} characters, got {len(text)}")
    return _Parser(text).whole()


def parse_name(text: str) -> Name:
    """Return the name of a field, a metric or a setting.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    scope, _, name = text.partition(".")
    if scope in ("metrics", "config") and name:
        return Name(scope, name[1:-1] if name[0] in "\"'" else name)
    if text in FIELDS:
        return Name("run", text)
    raise UsageError(
        f"{text!r} is neither metrics.NAME nor config.NAME nor one of {', '.join(FIELDS)}"
    )


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    """Reads one expression from left to right; no part of it is ever run as code."""

    def __init__(self, text: str) -> None:
        self._source = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._all()
        if self._next.kind != "end":
            raise self._error("'and', 'or' or the end")
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _word(self, word: str) -> bool:
        found = self._next.kind == "name" and self._next.text.lower() == word
        self._at += found
        return found

    def _all(self) -> Node:
        nodes = [self._some()]
        while self._word("or"):
            nodes.append(self._some())
        return nodes[0] if len(nodes) == 1 else Junction("or", tuple(nodes))

    def _some(self) -> Node:
        nodes = [self._one()]
        while self._word("and"):
            nodes.append(self._one())
        return nodes[0] if len(nodes) == 1 else Junction("and", tuple(nodes))

    def _one(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UsageError(f"a condition has at most {_DEEPEST} conditions in one another")
        try:
            if self._word("not"):
                return Negation(self._one())
            if self._next.text == "(" and self._next.kind == "sign":
                return self._bracketed()
            return self._comparison()
        finally:
            self._depth -= 1

    def _bracketed(self) -> Node:
        self._take()
        node = self._all()
        if self._next.text != ")":
            raise self._error("')'")
        self._take()
        return node

    def _comparison(self) -> Comparison:
        if self._next.kind != "name":
            raise self._error("a name such as metrics.f1")
        name = parse_name(self._take().text)
        if self._next.kind != "sign" or self._next.text in "()":
            raise self._error("one of = != < <= > >= ~")
        sign = self._take().text.replace("==", "=")
        return _sensible(Comparison(name, sign, self._value()))

    def _value(self) -> str | float | bool | None:
        token = self._next
        if token.kind == "number":
            self._take()
            return float(token.text)
        if token.kind == "text":
            self._take()
            return token.text[1:-1]
        if token.kind == "name" and token.text.lower() in _WORDS:
            self._take()
            return _WORDS[token.text.lower()]
        raise self._error("a number, a text in quotes, true, false or none")

    def _error(self, expected: str) -> UsageError:
        got = repr(self._next.text) if self._next.kind != "end" else "the end"
        return UsageError(
            f"in the condition {self._source!r}, at character {self._next.at + 1}: "
            f"expected {expected}, got {got}"
        )


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            rest = text[at:].lstrip()
            raise UsageError(
                f"in the condition {text!r}, at character {len(text) - len(rest) + 1}: "
                f"{rest[:1]!r} begins neither a name nor a value nor a sign"
            )
        yield _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        at = match.end()
    yield _Token("end", "", end)


def _sensible(comparison: Comparison) -> Comparison:
    sign, value = comparison.sign, comparison.value
    if (value is None or isinstance(value, bool)) and sign not in ("=", "!="):
        raise UsageError(f"none, true and false are compared by = and !=, not by {sign!r}")
    if sign == "~" and not isinstance(value, str):
        raise UsageError(f"~ looks for a text, got {value!r}: put it in quotes")
    if comparison.name.scope == "metrics" and isinstance(value, str):
        raise UsageError(f"metric {comparison.name.name!r} is a number, got {value!r}")
    return comparison
