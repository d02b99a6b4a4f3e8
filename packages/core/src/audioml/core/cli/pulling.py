"""Fetching a model while someone looks: what it is, under which licence, and how far."""

from __future__ import annotations

from pathlib import Path

from ..models.published import Published
from ..store.store import Store, is_whole, offline
from .output import is_quiet, progress, say

__all__ = ["pull_shown"]


def pull_shown(
    store: Store, published: Published, *, given: Path | None = None, again: bool = False
) -> Path:
    """Fetch a model as `Store.pull` does, telling on stderr what is fetched."""
    present = store.find(published.name, published.version)
    fetches = again or present is None or not is_whole(present)
    if fetches and (given or not offline()) and not is_quiet():
        origin = given or published.url
        say(
            f"fetching {published.name} {published.version} "
            f"({published.bytes / 1e6:.1f} MB, licence {published.license}) from {origin}"
        )
    with progress(published.name) as update:
        return store.pull(published, given=given, again=again, progress=update)
