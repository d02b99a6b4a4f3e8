"""A text that nobody prints by accident."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import NoReturn

__all__ = ["Secret", "scrubbed"]


class Secret:
    """A password or the URL of a webhook; `reveal` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, to be handed to the server and to nobody else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def scrubbed(text: str, secrets: Iterable[Secret]) -> str:
    """Return a text, such as what a server said, without the secrets, also in base64."""
    for secret in secrets:
        plain = secret.reveal()
        if plain:
            coded = base64.b64encode(plain.encode()).decode()
            text = text.replace(plain, "***").replace(coded, "***")
    return text
