"""What this distribution adds to audioml."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]


@hookimpl
def components() -> Iterator[Component]:
    """Yield the published model, its stages, and the importer of checkpoints."""
    yield Component(
        "model",
        "vggish",
        "audioml_vggish.model:VGGISH",
        "128 numbers for each second of sound: the embedding published with AudioSet",
        task="embedding",
    )
    yield Component(
        "extractor",
        "vggish-logmel",
        "audioml_vggish.features:VGGishLogMel",
        "what VGGish hears: examples of 96 frames of 64 mel bands, at 16 kHz",
    )
    yield Component(
        "decoder",
        "vggish",
        "audioml_vggish.decoder:VGGishDecoder",
        "VGGish's embeddings: raw, whitened or in eight bits, of each example or of all",
    )
    yield Component(
        "importer",
        "vggish",
        "audioml_vggish.importer:IMPORTER",
        "VGGish out of TensorFlow's checkpoints and torchvggish's state dicts",
    )
