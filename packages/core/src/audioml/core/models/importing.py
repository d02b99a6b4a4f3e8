"""Makes model folders of what other systems leave: checkpoints, state dicts, exported graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from ..errors import PluginError, UsageError
from ..files import shown
from ..plugins import Registry, registry

__all__ = ["Importer", "find_importer"]


@runtime_checkable
class Importer(Protocol):
    """Turns the files of another system into a model folder. It runs none of their code."""

    def recognises(self, paths: Sequence[Path], /) -> bool:
        """Return whether these files together are one model of that system."""
        ...

    def write(
        self,
        paths: Sequence[Path],
        folder: Path,
        /,
        *,
        name: str | None = None,
        options: Mapping[str, str],
    ) -> None:
        """Fill the empty ``folder``, ``model.json`` included.

        ``name`` is what the model shall be called, or None for the importer's own;
        ``options`` are the importer's own settings, as the user typed them.

        Raises
        ------
        IntegrityError
            If a file is damaged, or not what it seemed to be.
        UsageError
            If an option is unknown or makes no sense.
        """
        ...


def find_importer(
    paths: Sequence[Path], named: str | None = None, *, plugins: Registry | None = None
) -> Importer:
    """Return the importer of a name, or the one that recognises some files.

    Raises
    ------
    UsageError
        If none recognises them, or several do.
    PluginError
        If a plugin offers something else as an importer.
    """
    plugins = plugins or registry()
    names = [named] if named else [c.name for c in plugins.components("importer") if not c.missing]
    found = {name: _importer(plugins, name) for name in names}
    if named is None:
        found = {name: each for name, each in found.items() if each.recognises(paths)}
    if len(found) == 1:
        return next(iter(found.values()))
    files = ", ".join(shown(path) for path in paths)
    if found:
        raise UsageError(f"{files} could be for {', '.join(found)}; say which with --as")
    raise UsageError(
        f"{files}: neither an exported model, nor a model folder, nor the weights of a system that "
        f"an installed plugin imports ({', '.join(names) or 'none does'})"
    )


def _importer(plugins: Registry, name: str) -> Importer:
    component = plugins.find("importer", name)
    importer = component.load()
    if not isinstance(importer, Importer):
        raise PluginError(
            f"importer {name!r} must have recognises() and write() at {component.target!r}, "
            f"got {type(importer).__name__}"
        )
    return importer
