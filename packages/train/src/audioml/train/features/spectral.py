"""A module whose network takes spectrograms, made of the samples of its batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn

from audioml.core.errors import UsageError
from audioml.train.augment import BatchAugmentation, FrequencyMask, TimeMask
from audioml.train.module import AudioModule

from .logmel import LogMel

__all__ = ["FACTS", "SpectralModule", "divided"]

FACTS = "audioml_facts"
"""Where a checkpoint keeps what the data said, such as the names of the classes."""

_SAID = 200  # characters that a sentence may quote


class SpectralModule(AudioModule):
    """An `AudioModule` with features between the samples and the network.

    A training batch is augmented twice: as samples by all that changes sound, then as spectrograms
    by masks (Park et al. 2019, SpecAugment); which is which the classes tell, see `divided`.

    Parameters
    ----------
    network
        Takes spectrograms, float32, shape (batch, n_mels, frames).
    features
        Make them of ``batch["audio"]``, float32, shape (batch, samples).
    augmentation
        Of samples and of spectrograms, in any order, or None.
    facts
        Plain values that the data said and an export needs; a run that is gone on with must have
        the same.
    more
        As `AudioModule` takes it.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        features: LogMel,
        augmentation: nn.Module | None = None,
        facts: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        samples, spectra = divided(augmentation)
        super().__init__(network, augmentation=samples, **more)
        self.features, self.masks, self.facts = features, spectra, dict(facts or {})

    def forward(self, audio: Tensor) -> Any:
        """Return the answer to samples."""
        return self.answered(self.features(audio))

    def answered(self, spectra: Tensor) -> Any:
        """Return the answer to spectrograms of the network that is in use."""
        return super().forward(spectra)

    def spectra(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, Any]:
        """Return the spectrograms of a batch, masked in training, and its labels."""
        spectra, labels = self.features(batch["audio"]), batch.get("labels")
        if stage != "train" or self.masks is None:
            return spectra, labels
        turned, labels = self.masks(spectra.mT, labels)  # masks take (batch, frames, bands)
        return turned.mT, labels

    def step(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, dict[str, Any]]:
        """Return the loss of a batch, and what the metrics are updated with."""
        spectra, labels = self.spectra(batch, stage)
        answer = self.answered(spectra)
        return self.loss(answer, labels), {"preds": answer, "target": labels}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the facts."""
        super().on_save_checkpoint(checkpoint)
        checkpoint[FACTS] = self.facts

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on, if the data say what they said.

        Raises
        ------
        UsageError
            If they say something else.
        """
        before = checkpoint.get(FACTS, {})
        for name, value in self.facts.items():
            if before.get(name) != value:
                told = f"{before.get(name)!r} there and {value!r} here"
                said = f": {told}" if len(told) <= _SAID else ""
                raise UsageError(
                    f"the checkpoint was trained on data with other {name}{said}; go on with the "
                    "same data, or begin anew"
                )
        super().on_load_checkpoint(checkpoint)


def divided(augmentation: nn.Module | None) -> tuple[nn.Module | None, nn.Module | None]:
    """Return what of an augmentation changes samples, and what changes spectrograms."""
    if augmentation is None:
        return None, None
    chain = isinstance(augmentation, BatchAugmentation)
    parts: Iterable[Any] = augmentation if chain else [augmentation]  # type: ignore[assignment]
    masks = [part for part in parts if isinstance(part, TimeMask | FrequencyMask)]
    if not masks:
        return augmentation, None
    if not chain:
        return None, augmentation
    return _chain([part for part in parts if part not in masks]), _chain(masks)


def _chain(parts: list[Any]) -> nn.Module | None:
    if not parts:
        return None
    keys = [part._key for part in parts]  # noqa: SLF001 - each keeps the numbers of its place
    made = BatchAugmentation(*parts)
    for part, key in zip(parts, keys, strict=True):
        part.seeded(*key)
    return made
