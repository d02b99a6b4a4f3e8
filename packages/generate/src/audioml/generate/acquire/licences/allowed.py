"""Which licences are allowed."""

from __future__ import annotations

from collections.abc import Iterable

from audioml.core.errors import UsageError

from .identify import UNKNOWN, Licence, identify

__all__ = ["Allowed"]

_RESTRICTIONS = ("nc", "nd")


class Allowed:
    """What may be acquired: the public domain, CC BY and CC BY-SA, and what is allowed besides.

    Parameters
    ----------
    besides
        ``nc`` (not for commerce) and ``nd`` (no derivatives), which licences of Creative Commons
        may then have; or names of other licences. What is unknown is never allowed.

    Raises
    ------
    UsageError
        If a name is not that of a licence.
    """

    def __init__(self, besides: Iterable[str] = ()) -> None:
        names = [word.strip() for text in besides for word in text.split(",") if word.strip()]
        self._restrictions = {"nc", "nd"} & {name.lower() for name in names}
        self._ids = set()
        for name in names:
            if name.lower() in _RESTRICTIONS:
                continue
            found = identify(name)
            if found.id == UNKNOWN.id:
                raise UsageError(
                    f"--allow takes nc, nd or a licence such as LAL-1.3, got {name!r}; "
                    "what is unknown is never allowed"
                )
            self._ids.add(found.id)

    def permits(self, licence: Licence) -> bool:
        """Return whether a recording under a licence may be acquired."""
        if licence.id in self._ids or licence.kind == "free":
            return True
        return licence.kind == "cc" and set(_RESTRICTIONS) & licence.terms <= self._restrictions
