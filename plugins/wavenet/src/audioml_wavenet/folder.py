"""Fills a model folder: the weights, their card and the manifest; for training and importers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from audioml.core.files import write_bytes
from audioml.core.models import golden
from audioml.core.models.manifest import Manifest, Part
from audioml.core.models.write import write_manifest

from .generator import WaveNet
from .weights import FILE, Weights

__all__ = ["About", "write_folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a folder says of its model: see `audioml.core.models.manifest.Manifest`.

    ``genres`` are the names of the network's conditions; ``compat`` is for importers.
    """

    name: str
    version: str
    license: str
    rate: int
    description: str
    source: str = ""
    genres: Sequence[str] = ()
    compat: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


def write_folder(
    weights: Weights, folder: Path, about: About, *, card: str, tested: bool = False
) -> Manifest:
    """Fill the empty ``folder``, and return its manifest; ``card`` is Markdown.

    With ``tested``, the manifest has a self-test: what the samples of the test sound cost here
    must be what they cost elsewhere.
    """
    weights.write(folder / FILE)
    write_bytes(folder / "MODEL_CARD.md", card.encode())
    params = {
        "architecture": {n: _plain(v) for n, v in asdict(weights.architecture).items()},
        "genres": list(about.genres),
        "compat": about.compat,
    }
    manifest = Manifest(
        kind="generator",
        name=about.name,
        version=about.version,
        task="song",
        license=about.license,
        source=about.source,
        description=about.description,
        rate=about.rate,
        channels=1,
        builder=Part("wavenet", {name: value for name, value in params.items() if value}),
        metrics=about.metrics,
    )
    if tested:
        model = WaveNet(manifest.spec, weights, tuple(about.genres))
        manifest = replace(manifest, golden=golden.make(model))
    return write_manifest(folder, manifest)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
