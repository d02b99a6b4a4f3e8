"""Where a song comes from, for the tags of its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from audioml.core import __version__
from audioml.core.stages import GenerationOptions, ModelSpec

__all__ = ["SOFTWARE", "provenance", "tags"]

SOFTWARE = f"audioml-generate {__version__}"


def provenance(spec: ModelSpec, options: GenerationOptions, *, prompt: str = "") -> dict[str, Any]:
    """Return everything that made a song; ``prompt`` is the SHA-256 of the file that was heard.

    With the same model, the same options make the same song.
    """
    extra = dict(options.extra)
    state = extra.pop("state", None)
    told = {
        "model": spec.name,
        "version": spec.version,
        "weights": spec.weights,
        "license": spec.license,
        "seed": None if state else options.seed,
        "seconds": options.seconds,
        "temperature": options.temperature,
        "top_k": options.top_k,
        "top_p": options.top_p,
        **extra,
        "prompt": prompt,
        "state": hashlib.sha256(state).hexdigest() if state else None,
        "software": SOFTWARE,
    }
    return {name: value for name, value in told.items() if value not in {None, ""}}


def tags(told: Mapping[str, Any]) -> dict[str, str]:
    """Return a song's `provenance` as tags that every format has; ``comment`` holds it as JSON."""
    title = f"{told['model']} {told['version']}"
    if "seed" in told:
        title += f", seed {told['seed']}"
    return {"title": title, "software": SOFTWARE, "comment": json.dumps(told)}
