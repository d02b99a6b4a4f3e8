"""One thing that a plugin offers, described so that listing it costs no import."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import re
import sys
from dataclasses import dataclass
from typing import Any

from ..errors import MissingDependencyError, PluginError
from .tracing import traced

__all__ = ["KINDS", "Component"]

KINDS = {
    "backend": "loads model files of one runtime",
    "check": "rules that components of some kind keep, for their tests",
    "collection": "recordings that can be acquired, with their licences",
    "command": "a command of the `audioml` command line, a click.Command",
    "decoder": "turns model outputs into a prediction",
    "engine": "works on many items, on this machine or on others",
    "estimator": "a whole estimator, where three stages do not fit",
    "extractor": "turns sound into model inputs",
    "format": "writes analyses to a file",
    "generator": "makes sound",
    "importer": "makes a model folder of what another system leaves",
    "model": "a published model that can be pulled into the store",
    "parser": "finds the recordings and labels of a data set, for `audioml train prepare`",
    "sink": "takes results where they are wanted",
    "route": "adds addresses to what `audioml serve` answers",
    "source": "brings sound from where it is made",
    "task": "a thing that can be trained",
}
_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True)
class Component:
    """A named, lazily imported object.

    Parameters
    ----------
    kind
        One of `KINDS`.
    name
        What users type: lower-case letters, digits, dots and dashes.
    target
        ``module:attribute``, imported on `load`.
    summary
        One line for listings.
    needs
        Distributions without which ``target`` cannot run; what is missing is told with the
        command that installs it.
    task
        For models and estimators: the short name that they answer to, such as ``chord``.

    Raises
    ------
    PluginError
        If a field is not as above.
    """

    kind: str
    name: str
    target: str
    summary: str
    needs: tuple[str, ...] = ()
    task: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise PluginError(f"component kind {self.kind!r} is not one of {', '.join(KINDS)}")
        if not _NAME.fullmatch(self.name):
            raise PluginError(
                f"component name {self.name!r} must be lower-case letters, digits, '.', '_', '-'"
            )
        if not _TARGET.fullmatch(self.target):
            raise PluginError(f"target {self.target!r} of {self.name!r} is not 'module:attribute'")
        object.__setattr__(self, "needs", tuple(self.needs))

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the distributions of ``needs`` that are not installed."""
        return tuple(name for name in self.needs if not _installed(name))

    def load(self) -> Any:
        """Return the object that ``target`` names.

        Raises
        ------
        MissingDependencyError
            If a package that it needs is not installed.
        PluginError
            If the target cannot be imported for any other reason.
        """
        if self.missing:
            raise self._missing_error(" ".join(self.missing))
        module, _, attribute = self.target.partition(":")
        try:
            # results alone go to stdout
            with traced(f"load {self.kind} {self.name!r}"), contextlib.redirect_stdout(sys.stderr):
                found: Any = importlib.import_module(module)
                for part in attribute.split("."):
                    found = getattr(found, part)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == module.partition(".")[0]:
                raise self._broken(error) from error
            raise MissingDependencyError(
                f"{self.kind} {self.name!r} needs the module {error.name!r}, which is not installed"
            ) from error
        except (Exception, SystemExit) as error:
            raise self._broken(error) from error
        return found

    def _broken(self, error: BaseException) -> PluginError:
        return PluginError(
            f"{self.kind} {self.name!r} cannot be loaded from {self.target!r}: "
            f"{type(error).__name__}: {error}"
        )

    def _missing_error(self, packages: str) -> MissingDependencyError:
        return MissingDependencyError(
            f"{self.kind} {self.name!r} needs {packages}, which is not installed; "
            f"run: pip install {packages}"
        )


def _installed(distribution: str) -> bool:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import distribution as find

    try:
        find(re.split(r"[<>=!~\[; ]", distribution, maxsplit=1)[0])
    except PackageNotFoundError:
        return False
    return True
