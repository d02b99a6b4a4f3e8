"""Writes a new plugin: a whole distribution whose tests pass, of one kind of component.

What is written are the files of ``skeletons/common`` and ``skeletons/KIND``, with ``$name`` and
the like filled in by `string.Template`, and ``__module__`` in them and in their paths.
"""

from __future__ import annotations

import keyword
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from .. import __version__
from ..errors import OutputError, UsageError
from ..files import replacing_folder, shown
from .hookspecs import CONTRACT
from .registry import registry

__all__ = ["SKELETONS", "Skeleton", "write_plugin"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What is told of a kind of plugin: what the one that is written does, and how it is used.

    ``usage`` is a command line; ``needs`` are distributions besides the core.
    """

    summary: str
    usage: str
    needs: tuple[str, ...] = ()
    target: str = "$Class"


SKELETONS = {
    "backend": Skeleton("linear models in numpy files", "audioml plugins list --kind backend"),
    "command": Skeleton("how long recordings are", "audioml $name song.wav", target="app"),
    "decoder": Skeleton("windows that are loud", "audioml plugins list --kind decoder"),
    "estimator": Skeleton("level of each tenth of a second", "audioml analyze song.wav -e $name"),
    "extractor": Skeleton("how often the sign changes", "audioml plugins list --kind extractor"),
    "generator": Skeleton("surf that swells and fades", "audioml plugins list --kind generator"),
    "sink": Skeleton(
        "lines of text in a file",
        "audioml edge watch FOLDER --model MODEL --to $name:results.log",
        ("audioml-edge",),
    ),
    "source": Skeleton(
        "a test tone", "audioml edge listen $name:440 --model MODEL", ("audioml-edge",)
    ),
    "task": Skeleton(
        "tells loud noise from quiet noise",
        "audioml train task=$name experiment=quick",
        ("audioml-train[export]",),
    ),
}
"""Kind of component to what is written for it."""


def write_plugin(name: str, kind: str, into: Path = Path()) -> tuple[Path, str]:
    """Write the folder ``audioml-NAME``; return it and the command line that uses the plugin.

    Raises
    ------
    UsageError
        If the name cannot be one, or is taken by what is installed.
    OutputError
        If the folder is there already, or cannot be written.
    """
    skeleton = SKELETONS[kind]
    _check(name, kind)
    words = _words(name, kind, skeleton)
    texts = {
        "/".join(_filled(part, words) for part in parts): _filled(
            template.read_text("utf-8"), words
        )
        for layer in ("common", kind)
        for parts, template in _templates(files(__package__) / "skeletons" / layer)
    }
    _check_class(name, words["Class"], texts)
    folder = into / f"audioml-{name}"
    if folder.exists():
        raise OutputError(f"{shown(folder)} is there already, and is not written over")
    with replacing_folder(folder) as temporary:
        for place, text in texts.items():
            path = temporary / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder, _filled(skeleton.usage, words)


def _words(name: str, kind: str, skeleton: Skeleton) -> dict[str, str]:
    """Return what stands in place of the ``$words`` of the skeletons."""
    given = {
        "name": name,
        "module": f"audioml_{name.replace('-', '_')}",
        "Class": name.title().replace("-", ""),
        "kind": kind,
        "file": kind,
        "summary": skeleton.summary,
        "about": f"A plugin of audioml: the {kind} `{name}`.",
        "contract": str(CONTRACT),
    }
    given["target"] = _filled(skeleton.target, given)
    given["usage"] = _filled(skeleton.usage, given)
    needed = [f'"audioml-core>={__version__}"', *(f'"{each}"' for each in skeleton.needs)]
    return {**given, "dependencies": ", ".join(needed)}


def _check(name: str, kind: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"a {kind}'s name is lower-case letters, digits and dashes, and begins with a letter, "
            f"got {name!r}"
        )
    if name in {component.name for component in registry().components(kind)}:
        raise UsageError(f"there is a {kind} {name!r} already; take another name")
    try:
        distribution(f"audioml-{name}")
    except PackageNotFoundError:
        return
    raise UsageError(f"a distribution audioml-{name} is installed already; take another name")


def _check_class(name: str, chosen: str, texts: dict[str, str]) -> None:
    """Refuse a name whose class would hide something that the code imports."""
    imported = re.compile(rf"^from (?!audioml_)\S+ import .*\b{chosen}\b", re.MULTILINE)
    if keyword.iskeyword(chosen) or any(map(imported.search, texts.values())):
        raise UsageError(
            f"{name!r} would make a class {chosen!r}, which is taken; add a word to it"
        )


def _templates(
    place: Traversable, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    for each in sorted(place.iterdir(), key=lambda e: e.name):
        if each.is_dir():
            yield from _templates(each, (*above, each.name))
        elif each.name.endswith(".in"):
            yield (*above, each.name.removesuffix(".in")), each


def _filled(text: str, words: dict[str, str]) -> str:
    return string.Template(text.replace("__module__", words["module"])).safe_substitute(words)
