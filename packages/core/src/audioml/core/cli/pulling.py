"""Fetching a model while someone looks: what it is, under which licence, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..files import shown
from ..models.published import Published
from ..store.store import Store, is_whole, offline
from .output import is_quiet, progress, say

__all__ = ["pull_shown"]


def pull_shown(
    store: Store, published: Published, *, given: Sequence[Path] = (), again: bool = False
) -> Path:
    """Fetch a model as `Store.pull` does, telling on stderr what is fetched."""
    present = store.find(published.name, published.version)
    fetches = again or present is None or not is_whole(present)
    told = bool(given) or (bool(published.origins) and not offline())
    if fetches and told and not is_quiet():
        known = sum(origin.bytes or 0 for origin in published.origins)
        size = f"{known / 1e6:.1f} MB, " if known else ""
        origins = ", ".join([*map(shown, given)] or [origin.url for origin in published.origins])
        say(
            f"fetching {published.name} {published.version} "
            f"({size}licence {published.license}) from {origins}"
        )
    with progress(published.name) as update:
        return store.pull(published, given=given, again=again, progress=update)
