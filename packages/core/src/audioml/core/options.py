"""What a caller may set of a model at each call: named, with a default, within limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .errors import ManifestError, UsageError

__all__ = ["Option", "checked", "from_texts"]

_WORDS = {bool: "boolean", int: "integer", float: "number", str: "string"}
_LARGE = 1 << 53  # whole numbers up to it are floats too
_CLOSE = 1e-6  # what is left of a multiple that decimals can only approach
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Option:
    """One parameter of a stage that is open to callers.

    Parameters
    ----------
    stage
        ``extractor``, ``decoder``, or ``both``.
    default
        What holds when nothing is set; its type is the option's.
    param
        Keyword argument of the stage, where it is not called as the option is.
    choices
        The values that there are; empty where any will do.
    minimum, maximum
        Limits of a number, both included.
    step
        A number must be a multiple of it.
    description
        One line for people.

    Raises
    ------
    ManifestError
        If the parts do not fit each other.
    """

    stage: Literal["extractor", "decoder", "both"]
    default: Any
    param: str = ""
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    description: str = ""

    def __post_init__(self) -> None:
        if self.stage not in ("extractor", "decoder", "both"):
            raise ManifestError(
                f"an option's stage is extractor, decoder or both, got {self.stage!r}"
            )
        if type(self.default) not in _WORDS:
            raise ManifestError(
                f"an option's default is a boolean, a number or text, got {self.default!r}"
            )
        object.__setattr__(self, "choices", tuple(self.choices))
        limits = (self.minimum, self.maximum, self.step)
        if self.type not in ("integer", "number") and limits != (None, None, None):
            raise ManifestError(f"only numbers have limits, and the default is {self.default!r}")
        try:
            self.check("default", self.default)
        except UsageError as error:
            raise ManifestError(str(error)) from error

    @property
    def type(self) -> str:
        """Return ``boolean``, ``integer``, ``number`` or ``string``."""
        return _WORDS[type(self.default)]

    def check(self, name: str, value: Any) -> Any:
        """Return a value for this option, a whole number as the float that is wanted.

        Raises
        ------
        UsageError
            If it is of another type or not one of those allowed.
        """
        kind = type(self.default)
        if kind is float and type(value) is int and abs(value) < _LARGE:
            value = float(value)
        if type(value) is not kind or (kind is float and not math.isfinite(value)):
            raise UsageError(f"option {name!r} takes a {self.type}, got {value!r}")
        if self.choices and value not in self.choices:
            known = ", ".join(map(str, self.choices))
            raise UsageError(f"option {name!r} is one of {known}, got {value!r}")
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            limits = " and ".join(
                f"{word} {limit:g}"
                for word, limit in (("at least", low), ("at most", high))
                if limit is not None
            )
            raise UsageError(f"option {name!r} must be {limits}, got {value!r}")
        if self.step and abs(value / self.step - round(value / self.step)) > _CLOSE:
            raise UsageError(f"option {name!r} is a multiple of {self.step:g}, got {value!r}")
        return value

    def from_text(self, name: str, text: str) -> Any:
        """Return the value that a text means, as it comes in a query or on a command line."""
        kind = type(self.default)
        try:
            value: Any = _TRUTHS[text.lower()] if kind is bool else kind(text)
        except (KeyError, ValueError):
            raise UsageError(f"option {name!r} takes a {self.type}, got {text!r}") from None
        return self.check(name, value)


def checked(options: Mapping[str, Option], given: Mapping[str, Any], *, of: str) -> dict[str, Any]:
    """Return what was given for the options of the model ``of``.

    Raises
    ------
    UsageError
        If there is no such option, or the value does not fit.
    """
    return {name: _known(options, name, of).check(name, value) for name, value in given.items()}


def from_texts(
    options: Mapping[str, Option], given: Mapping[str, str], *, of: str
) -> dict[str, Any]:
    """Return what was given as text for the options of the model ``of``."""
    return {name: _known(options, name, of).from_text(name, text) for name, text in given.items()}


def _known(options: Mapping[str, Option], name: str, of: str) -> Option:
    if name not in options:
        raise UsageError(f"{of} has no option {name!r} (it has: {', '.join(options) or 'none'})")
    return options[name]
