"""What a network answers to whole recordings, as the model folder made of it will."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from audioml.core.plugins import registry
from audioml.core.stages import FeatureExtractor
from audioml.core.values import Audio

from ..decoder import joined
from ..decoding import Thresholds, decode_notes, decode_pedal
from ..notes import KEYS, Notes, Pedal
from ..spectrum import RATE
from .families import Family

__all__ = ["Heads", "heads_of", "logits_of"]

_HEADS = 4
_PEDAL = 3


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """Probabilities of a whole recording, float32.

    ``notes`` are onset, offset, frame and velocity, shape (4, frames, 88), ``pedal`` its onset,
    offset and frame, shape (frames, 3); there are ``fps`` frames in a second.
    """

    notes: NDArray[np.float32]
    pedal: NDArray[np.float32]
    fps: float

    def decoded(self, thresholds: Thresholds) -> tuple[Notes, Pedal]:
        """Return what is played."""
        return self.decoded_notes(thresholds), self.decoded_pedal(thresholds)

    def decoded_notes(self, thresholds: Thresholds) -> Notes:
        """Return the notes that are played."""
        return decode_notes(*self.notes, fps=self.fps, thresholds=thresholds).notes

    def decoded_pedal(self, thresholds: Thresholds) -> Pedal:
        """Return when the pedal is down."""
        return decode_pedal(self.pedal, fps=self.fps, thresholds=thresholds)[0]


@torch.no_grad()
def logits_of(
    network: nn.Module, family: Family, samples: NDArray[np.float32]
) -> tuple[Tensor, Tensor]:
    """Return the logits of a whole recording: shapes (1, 4, frames, 88) and (1, 3, frames).

    Parameters
    ----------
    network
        In evaluation mode; the features are made as they are where its model folder is run, and
        sent to its device, a row at a time.
    samples
        float32, shape (n,), at 16 kHz, [-1, 1]
    """
    device = next(network.parameters()).device
    rows = [_row(network, row, device) for row in _features(family, samples)]
    joining = {name: value for name, value in family.joining.items() if name != "fps"}
    whole = joined(np.stack(rows), **joining)
    whole = np.ascontiguousarray(whole[: len(samples) // family.hop + 1].T)
    notes = whole[: _HEADS * KEYS].reshape(_HEADS, KEYS, -1).transpose(0, 2, 1)
    return torch.tensor(notes)[None], torch.tensor(whole[-_PEDAL:])[None]


def heads_of(logits: tuple[Tensor, Tensor], family: Family) -> Heads:
    """Return logits of a whole recording as probabilities."""
    notes, pedal = (each[0].sigmoid().numpy() for each in logits)
    return Heads(notes, np.ascontiguousarray(pedal.T), family.fps)


def _features(family: Family, samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    part = family.extractor
    extractor: FeatureExtractor = registry().find("extractor", part.name).load()(**part.params)
    found = extractor.whole([Audio(samples, RATE)])
    return [row for rows in found for row in rows.tensors[family.tensor]]


def _row(
    network: nn.Module, features: NDArray[np.float32], device: torch.device
) -> NDArray[np.float32]:
    """Return the logits of a row, shape (frames, 4 * 88 + 3)."""
    with torch.autocast(device.type, enabled=False):  # as the exported network is
        notes, pedal = network(torch.from_numpy(features[None]).to(device))
    flat = torch.cat([notes[0].transpose(1, 2).flatten(0, 1), pedal[0]]).float()
    found: NDArray[np.float32] = flat.T.cpu().numpy()
    return found
