"""Looks at what a model file would do before torch loads it.

``torch.export.load`` trusts its file: it unpickles, resolves any name below ``torch`` that a graph
calls, evaluates expressions, and opens compiled libraries. TorchScript is a language of its own
that can write files. So the archive is read first, by the very reader that torch uses, and what
goes beyond arithmetic on tensors is refused.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError, NotFoundError, UntrustedError
from audioml.core.files import shown

__all__ = ["Archive", "opened"]

# names of operators: torch.ops.<library>.<name>.<overload>, and arithmetic on lengths
_OPERATOR = re.compile(
    r"torch\.ops\.(aten|prims|quantized_decomposed)\.\w+\.\w+"
    r"|_operator\.(add|sub|mul|floordiv|truediv|mod|neg|pow|getitem|[gl][et]|eq|ne|and_|or_|not_)"
    r"|math\.(ceil|floor|trunc|sqrt)"
    r"|torch\.sym_(int|float|max|min|not|sum|ite|sqrt)"
)
_HARMFUL = frozenset({"from_file", "save", "set_", "_resize_output_", "__init__", "__class__"})
# lengths: symbols and arithmetic, as sympy writes them
_WORDS = frozenset(  # as text, for a list of them is a page long
    (  # noqa: SIM905
        "Symbol Integer Float Rational Add Mul Pow Mod Max Min Abs floor ceiling true false "
        "True False positive nonnegative negative integer real zero nonzero FloorDiv CeilDiv "
        "PythonMod ModularIndexing CleanDiv IntTrueDiv FloatTrueDiv TruncToInt FloorToInt "
        "CeilToInt ToFloat PowByNatural FloatPow Eq Ne Lt Le Gt Ge And Or Not Where Piecewise "
        "Identity oo int_oo "
    ).split()
)
_EXPRESSION = re.compile(
    r"(?:[A-Za-z_]\w*|'[A-Za-z_]\w*'|\d+(?:\.\d+)?(?:e[-+]?\d+)?|[-+*/%(),=<>! ])*"
)
_SYMBOL = re.compile(r"'?[a-z]+\d+'?")
_SPEC = re.compile(r"__enum__|defaultdict|default_factory")  # these import modules by name
_SCRIPT = re.compile(
    r"(?:torch|ops\.\w+)\.(save|load\w*|from_file)\s*\("
    r"|ops\.(?!prim\.|aten\.|quantized\.)\w+\."
    r"|__torch__\.torch\.classes\."
)


class Archive:
    """The records of a model file, and its bytes, which are read once.

    Parameters
    ----------
    path
        Of the file, for messages.
    data
        Its bytes: what is checked is what is loaded.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        import torch

        self.path, self.data = path, data
        try:
            self._reader = torch._C.PyTorchFileReader(io.BytesIO(data))  # noqa: SLF001
            self.names: list[str] = list(self._reader.get_all_records())
        except RuntimeError as error:
            raise IntegrityError(
                f"{shown(path)} is no archive of torch: it is damaged, ends too early, or is a "
                "pickle, which would run code when loaded; export the network with torch.export"
            ) from error

    def read(self, name: str) -> bytes:
        """Return the bytes of a record."""
        return bytes(self._reader.get_record(name))

    @property
    def is_program(self) -> bool:
        """Return whether it is of torch.export."""
        return "archive_format" in self.names and self.read("archive_format") == b"pt2"

    @property
    def is_script(self) -> bool:
        """Return whether it is of TorchScript."""
        return "constants.pkl" in self.names

    def check_program(self) -> None:
        """Check that a program of torch.export only computes.

        Raises
        ------
        UntrustedError
            If it would do something else when loaded or run.
        IntegrityError
            If it is damaged.
        """
        compiled = [n for n in self.names if "aotinductor" in n or n.endswith((".so", ".dll"))]
        if compiled:
            raise self._untrusted(f"it holds a compiled library, {compiled[0]!r}")
        for name in self.names:
            if name.endswith(".json") or name.startswith("models/"):
                for problem in _problems(self._json(name)):
                    raise self._untrusted(problem)
            elif name.startswith("data/sample_inputs/"):
                self._check_pickle(name)
            elif "custom_obj" in name or "opaque_obj" in name:
                raise self._untrusted(f"it holds a pickled object, {name!r}")

    def check_script(self) -> None:
        """Check that TorchScript only computes.

        Raises
        ------
        UntrustedError
            If it names operations that read or write files, or that torch does not bring itself.
        """
        for name in self.names:
            if name.startswith("code/") and name.endswith(".py"):
                found = _SCRIPT.search(self.read(name).decode(errors="replace"))
                if found:
                    raise self._untrusted(f"its code calls {found[0].rstrip('( ')!r}")

    def _check_pickle(self, name: str) -> None:
        import torch

        try:
            torch.load(io.BytesIO(self.read(name)), weights_only=True)
        except Exception as error:  # whatever torch says: it would be loaded without care next
            raise self._untrusted(f"{name!r} holds more than tensors") from error

    def _json(self, name: str) -> Any:
        try:
            return json.loads(self.read(name))
        except (ValueError, RecursionError) as error:
            raise IntegrityError(f"{shown(self.path)} is damaged: {name!r} is no JSON") from error

    def _untrusted(self, why: str) -> UntrustedError:
        return UntrustedError(
            f"{shown(self.path)} is refused, as it could run code of its own: {why}; wanted a "
            "network that only computes, from torch.export.save"
        )


def opened(path: Path) -> Archive:
    """Return the records of a model file.

    Raises
    ------
    NotFoundError
        If it cannot be read.
    IntegrityError
        If it is no archive.
    """
    try:
        return Archive(path, path.read_bytes())
    except OSError as error:
        raise NotFoundError(f"cannot read {shown(path)}: {error.strerror or error}") from error


def _problems(value: Any, key: str = "") -> Iterator[str]:
    """Yield what in a program's description is more than a calculation."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _problems(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _problems(each, key)
    elif key in {"target", "as_operator"} and isinstance(value, str):
        parts = set(value.split("."))
        if not _OPERATOR.fullmatch(value) or parts & _HARMFUL:
            yield f"it calls {value[:80]!r}"
    elif key == "expr_str" and not _is_length(value):
        yield f"it evaluates {str(value)[:80]!r}"
    elif key in {"in_spec", "out_spec"} and isinstance(value, str) and _SPEC.search(value):
        yield f"its {key} imports a module"
    elif key == "use_pickle" and value:
        yield "it holds pickled tensors"


def _is_length(text: Any) -> bool:
    if not isinstance(text, str) or not _EXPRESSION.fullmatch(text):
        return False
    words = re.findall(r"'?[A-Za-z_]\w*'?", re.sub(r"\d+(?:\.\d+)?e[-+]?\d+", "", text))
    return all(word in _WORDS or _SYMBOL.fullmatch(word) for word in words)
