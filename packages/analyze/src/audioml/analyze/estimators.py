"""The estimators that can be asked for, and loading them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audioml.core.cli.pulling import pull_shown
from audioml.core.errors import AudiomlError, ManifestError, UsageError
from audioml.core.models.load import load
from audioml.core.models.manifest import Manifest
from audioml.core.models.resolve import resolve
from audioml.core.plugins import Component, registry
from audioml.core.stages import Estimator
from audioml.core.store import Store

__all__ = ["Listing", "listings", "load_estimator", "names_of", "variants_of"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One estimator of the manifest that ``audioml analyze --list`` prints."""

    name: str
    model: str
    version: str
    license: str
    answers: str
    state: str
    metrics: Mapping[str, float]


def listings() -> list[Listing]:
    """Return every estimator that is installed, published or in the store."""
    store = Store()
    found = [
        _listing(component, store)
        for kind in ("estimator", "model")
        for component in registry().components(kind)
    ]
    named = {listing.model for listing in found}
    for folder in store.folders():
        try:
            about = Manifest.read(folder)
        except ManifestError as error:
            name = folder.parent.name
            found.append(Listing(name, name, folder.name, "", "", f"broken: {error}", {}))
            continue
        if about.kind == "estimator" and about.name not in named:
            found.append(
                Listing(about.name, about.name, about.version, about.license, about.description,
                        "ready", about.metrics)
            )  # fmt: skip
    return sorted(found, key=lambda listing: listing.name)


def _listing(component: Component, store: Store) -> Listing:
    name = component.task or component.name
    if component.missing:
        state = f"pip install {' '.join(component.missing)}"
        return Listing(name, component.name, "", "", component.summary, state, {})
    try:
        about = component.load() if component.kind == "model" else load(component.name).spec
    except AudiomlError as error:
        return Listing(name, component.name, "", "", component.summary, f"broken: {error}", {})
    state = "ready"
    if component.kind == "model" and not store.find(about.name, about.version):
        state = "pulled on first use"
    return Listing(
        name, component.name, about.version, about.license, component.summary, state,
        about.metrics or {},
    )  # fmt: skip


def names_of(wanted: str | Iterable[str]) -> tuple[str, ...]:
    """Return the estimators that a comma-separated text means, or a list of names.

    ``all`` is every one that can run.

    Raises
    ------
    UsageError
        If the list is empty.
    """
    given = wanted.split(",") if isinstance(wanted, str) else wanted
    names = [name.strip() for name in given if name.strip()]
    if "all" in names:
        names = [x.name for x in listings() if x.state in ("ready", "pulled on first use")]
    if not names:
        raise UsageError("no estimator is named; `audioml analyze --list` shows what there is")
    return tuple(dict.fromkeys(names))


def variants_of(names: Iterable[str], compat: str | None) -> dict[str, str | None]:
    """Return which variant each estimator is loaded in.

    Raises
    ------
    UsageError
        If none of them has the variant ``compat``.
    """
    if compat is None:
        return dict.fromkeys(names)
    chosen = {name: compat if compat in _variants(name) else None for name in names}
    if not any(chosen.values()):
        raise UsageError(f"none of the estimators {', '.join(chosen)} has --compat {compat}")
    return chosen


def _variants(name: str) -> Iterable[str]:
    store = Store()
    found = resolve(name, store=store, plugins=registry())
    if isinstance(found, Component) and found.kind == "model":
        found = pull_shown(store, found.load())
    return () if isinstance(found, Component) else Manifest.read(found).variants


@functools.lru_cache(maxsize=32)
def load_estimator(name: str, variant: str | None) -> Estimator:
    """Return an estimator, loaded once in each process and fetched if need be."""
    model = load(name, variant=variant)
    if not isinstance(model, Estimator):
        raise UsageError(f"{name!r} makes sound; `audioml analyze` needs an estimator")
    return model
