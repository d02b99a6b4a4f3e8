"""What a reference to a model means: a folder, a name in the store, or a component of a plugin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import NotFoundError, UsageError
from ..files import shown
from ..plugins import Component, Registry
from ..store.store import Store, offline
from .bare import is_bare
from .manifest import MANIFEST
from .published import Published

__all__ = ["resolve"]

_FIRST_PARTY = {
    "chord": "audioml-crema",
    "crema-chord": "audioml-crema",
    **dict.fromkeys(("beat", "tempo", "onset"), "audioml-librosa"),
    **dict.fromkeys(("embedding", "vggish"), "audioml-vggish"),
    **dict.fromkeys(("notes", "piano-notes"), "audioml-transcription"),
    "wavenet": "audioml-wavenet",
}
"""Names that people know from the documentation, and what answers to them."""
_BACKENDS = {".onnx": "audioml-onnx", ".tflite": "audioml-tflite"}
"""Model files that people have, and the plugin that runs them."""


def resolve(ref: str | Path, *, store: Store, plugins: Registry) -> Path | Component:
    """Return the model folder, the bare model file, or the component, that a reference means.

    Raises
    ------
    NotFoundError
        If nothing is known by that name.
    """
    text = str(ref)
    if isinstance(ref, Path) or "/" in text or os.sep in text or is_bare(Path(ref), plugins):
        return _path(Path(ref), plugins)
    name, _, version = text.partition("@")
    candidates = list(_named(name, plugins))
    if len(candidates) > 1 and name not in {c.name for c in candidates}:
        names = ", ".join(sorted(c.name for c in candidates))
        raise UsageError(f"{name!r} is answered by {names}; say which")
    for component in candidates:
        if component.kind != "model" and not version:
            return component
        if component.kind == "model":
            found = _published(component, version, store)
            if found is not None:
                return found
    folder = store.find(name, version or None)
    if folder is not None:
        return folder
    if Path(text).exists() or Path(text).suffix[1:] in _suffixes(plugins):
        return _path(Path(text), plugins)
    raise NotFoundError(_unknown(text, store, plugins))


def _path(path: Path, plugins: Registry) -> Path:
    if (path / MANIFEST).is_file() or is_bare(path, plugins):
        return path
    if not path.exists():
        raise NotFoundError(
            f"{shown(path)} does not exist; expected a model folder, a model file, or a name"
        )
    problem = f"it has no {MANIFEST}"
    if path.is_file():
        problem = f"no installed backend runs {path.suffix or 'such'} files"
        problem += _suggestion(path.suffix)
    raise NotFoundError(f"{shown(path)} is not a model folder: {problem}")


def _suffixes(plugins: Registry) -> set[str]:
    known = {suffix[1:] for suffix in _BACKENDS}
    return known | {component.name for component in plugins.components("backend")}


def _suggestion(suffix: str) -> str:
    package = _BACKENDS.get(suffix.lower())
    return f"; run: pip install {package}" if package else ""


def _published(component: Component, version: str, store: Store) -> Path | Component | None:
    """Return the folder of a published model, or the component where it must be fetched."""
    published: Published = component.load()
    wanted = version or published.version
    folder = store.find(published.name, wanted)
    if folder is None and not version:
        folder = store.own(published.name)  # what somebody imported goes before a download
    if folder is None and not version and offline():
        folder = store.find(published.name)  # an older one is better than none
    if folder is None and wanted == published.version:
        return component
    return folder


def _named(name: str, plugins: Registry) -> Iterator[Component]:
    offered = [c for kind in ("model", "estimator", "generator") for c in plugins.components(kind)]
    exact = [c for c in offered if c.name == name]
    for component in exact:
        plugins.find(component.kind, name)  # two plugins with one name are an error
    yield from exact or (c for c in offered if c.task == name)


def _unknown(ref: str, store: Store, plugins: Registry) -> str:
    known = {folder.parent.name for folder in store.folders()}
    for kind in ("model", "estimator", "generator"):
        known |= {c.task or c.name for c in plugins.components(kind)}
    text = f"no model is called {ref!r}"
    text += f" (there is: {', '.join(sorted(known))})" if known else ""
    if plugins.broken:
        names = ", ".join(b.name for b in plugins.broken)
        return f"{text}; broken plugins: {names}, see `audioml plugins`"
    if ref in _FIRST_PARTY:
        return f"{text}; run: pip install {_FIRST_PARTY[ref]}"
    return text + "; `audioml models list` shows what can be had"
