"""robots.txt: what a host asks of programs (RFC 9309, and the older Crawl-delay)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["EVERYTHING", "Rules", "parse"]

_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class Rules:
    """What one program may fetch.

    Parameters
    ----------
    lines
        Whether a path is allowed, and the pattern of such paths.
    delay
        Seconds between two requests, where the host says so.
    """

    lines: tuple[tuple[bool, str], ...] = ()
    delay: float | None = None

    def allows(self, path: str) -> bool:
        """Return whether a path, with its query, may be fetched: the longest pattern decides."""
        path = _octets(path)
        if path == "/robots.txt":
            return True
        fitting = [(len(pattern), allow) for allow, pattern in self.lines if _fits(pattern, path)]
        return max(fitting, default=(0, True))[1]


EVERYTHING = Rules()
"""The rules of a host that has none."""


def parse(text: str, *, agent: str) -> Rules:
    """Return the rules for a program, which is named by one word."""
    mine: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    named = False
    for agents, rules in _groups(text):
        named = named or agent in agents
        if agent in agents:
            mine += rules
        elif "*" in agents:
            others += rules
    rules = mine if named else others
    lines = tuple((key == "allow", _octets(v)) for key, v in rules if key != "crawl-delay" and v)
    return Rules(lines, max(_delays(rules), default=None))


def _groups(text: str) -> Iterator[tuple[set[str], list[tuple[str, str]]]]:
    """Yield the programs that each group is for, and its rules."""
    agents: set[str] = set()
    rules: list[tuple[str, str]] = []
    for line in text.splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            if rules:
                yield agents, rules
                agents, rules = set(), []
            agents.add(value.partition("/")[0].strip().lower())
        elif key in ("allow", "disallow", "crawl-delay"):
            rules.append((key, value))
    yield agents, rules


def _delays(rules: Iterable[tuple[str, str]]) -> Iterator[float]:
    for key, value in rules:
        if key == "crawl-delay":
            try:
                seconds = float(value)
            except ValueError:
                continue
            if math.isfinite(seconds) and seconds >= 0:
                yield seconds


def _octets(text: str) -> str:
    """Return a path or a pattern in the one spelling that equal ones share."""

    def spelled(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if _PLAIN.fullmatch(character) else match[0].upper()

    return _ENCODED.sub(spelled, quote(text, safe="%/?&=;:@+,!$*'()[]~#"))


def _fits(pattern: str, path: str) -> bool:
    """Return whether a path begins as a pattern says, in which ``*`` is anything."""
    last = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, piece in enumerate(rest, 1):
        if last and number == len(rest):
            return path.endswith(piece) and len(path) - len(piece) >= at
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return not last or at == len(path)
