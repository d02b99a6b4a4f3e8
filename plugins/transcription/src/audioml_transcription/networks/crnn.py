"""The large network: Kong et al. 2021, four recurrent stacks for notes and three for the pedal.

Names of layers are those of its authors' checkpoints, see `published`. Normalisations have an
``eps`` of 0.01 where theirs have: what was meant as momentum is taken as eps there, and weights
trained so need it. Unlike theirs, the answers are logits, and a frame's mask and targets are
those of `audioml_transcription.targets`, which does not confuse the events a frame lies between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from audioml.core.errors import IntegrityError

from ..notes import KEYS
from .logmel import MELS

__all__ = ["CRNN", "Widths", "published"]

_EPS = 0.01
_FIXED = ("spectrogram_extractor.", "logmel_extractor.")


@dataclass(frozen=True, slots=True)
class Widths:
    """How wide the layers are; as published if nothing else is said."""

    convolutions: tuple[int, int, int, int] = (48, 64, 96, 128)
    features: int = 768
    recurrent: int = 256
    mels: int = MELS


class _ConvBlock(nn.Module):
    """Two convolutions, then half the frequencies."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inner, outer, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outer, outer, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outer, eps=_EPS)
        self.bn2 = nn.BatchNorm2d(outer, eps=_EPS)
        for conv in (self.conv1, self.conv2):
            nn.init.xavier_uniform_(conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1(self.conv1(x)).relu()
        return functional.avg_pool2d(self.bn2(self.conv2(x)).relu(), (1, 2))


class _Stack(nn.Module):
    """Four blocks of convolutions, then two recurrent layers both ways."""

    def __init__(self, classes: int, widths: Widths) -> None:
        super().__init__()
        for at, (a, b) in enumerate(
            zip((1, *widths.convolutions), widths.convolutions, strict=False), start=1
        ):
            self.add_module(f"conv_block{at}", _ConvBlock(a, b))
        inner = widths.convolutions[-1] * (widths.mels // 16)
        self.fc5 = nn.Linear(inner, widths.features, bias=False)
        self.bn5 = nn.BatchNorm1d(widths.features, momentum=0.01)
        self.gru = nn.GRU(
            widths.features, widths.recurrent, 2, batch_first=True, bidirectional=True
        )
        self.fc = nn.Linear(2 * widths.recurrent, classes)
        nn.init.xavier_uniform_(self.fc5.weight)
        _begin(self.gru, self.fc)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits, shape (batch, frames, classes), of shape (batch, 1, frames, mels)."""
        for at in range(1, 5):
            x = functional.dropout(self.get_submodule(f"conv_block{at}")(x), 0.2, self.training)
        x = self.fc5(x.transpose(1, 2).flatten(2))
        x = self.bn5(x.transpose(1, 2)).transpose(1, 2).relu()
        x, _ = self.gru(functional.dropout(x, 0.5, self.training))
        found: Tensor = self.fc(functional.dropout(x, 0.5, self.training))
        return found


class _Notes(nn.Module):
    """Onsets, offsets, frames and velocities; onsets and frames are refined by the others."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(widths.mels, eps=_EPS)
        self.frame_model = _Stack(KEYS, widths)
        self.reg_onset_model = _Stack(KEYS, widths)
        self.reg_offset_model = _Stack(KEYS, widths)
        self.velocity_model = _Stack(KEYS, widths)
        size = widths.recurrent
        self.reg_onset_gru = nn.GRU(2 * KEYS, size, batch_first=True, bidirectional=True)
        self.reg_onset_fc = nn.Linear(2 * size, KEYS)
        self.frame_gru = nn.GRU(3 * KEYS, size, batch_first=True, bidirectional=True)
        self.frame_fc = nn.Linear(2 * size, KEYS)
        _begin(self.reg_onset_gru, self.reg_onset_fc)
        _begin(self.frame_gru, self.frame_fc)

    def forward(self, mels: Tensor) -> Tensor:
        """Return logits of onset, offset, frame and velocity, shape (batch, 4, frames, 88)."""
        x = _normalised(self.bn0, mels)
        frame, onset = self.frame_model(x).sigmoid(), self.reg_onset_model(x).sigmoid()
        offset, velocity = self.reg_offset_model(x), self.velocity_model(x)
        struck = torch.cat([onset, onset.sqrt() * velocity.sigmoid().detach()], 2)
        onset = self._refined(self.reg_onset_gru, self.reg_onset_fc, struck)
        known = [frame, onset.sigmoid().detach(), offset.sigmoid().detach()]
        frame = self._refined(self.frame_gru, self.frame_fc, torch.cat(known, 2))
        return torch.stack([onset, offset, frame, velocity], 1)

    def _refined(self, gru: nn.GRU, fc: nn.Linear, x: Tensor) -> Tensor:
        found: Tensor = fc(functional.dropout(gru(x)[0], 0.5, self.training))
        return found


class _Pedal(nn.Module):
    """The pedal's onsets, offsets and frames."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(widths.mels, eps=_EPS)
        self.reg_pedal_onset_model = _Stack(1, widths)
        self.reg_pedal_offset_model = _Stack(1, widths)
        self.reg_pedal_frame_model = _Stack(1, widths)

    def forward(self, mels: Tensor) -> Tensor:
        """Return logits, shape (batch, 3, frames)."""
        x = _normalised(self.bn0, mels)
        stacks = self.reg_pedal_onset_model, self.reg_pedal_offset_model, self.reg_pedal_frame_model
        return torch.cat([stack(x) for stack in stacks], 2).transpose(1, 2)


class CRNN(nn.Module):
    """Notes and pedal from mel spectrograms: 34.08 million parameters as published.

    Parameters
    ----------
    widths
        Other widths make it smaller.
    """

    def __init__(self, widths: Widths | None = None) -> None:
        super().__init__()
        self.note_model = _Notes(widths or Widths())
        self.pedal_model = _Pedal(widths or Widths())

    def forward(self, mels: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits as `HarmonicNet` does, of mels of shape (batch, frames, 229), in dB."""
        return self.note_model(mels), self.pedal_model(mels)


def published(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the state of a `CRNN` from a checkpoint as its authors publish it.

    It has ``model``, and therein ``note_model`` and ``pedal_model``, or one of them as it was
    trained alone. Names are the same; the fixed weights of their spectrogram are left out.

    Raises
    ------
    IntegrityError
        If it is not laid out so.
    """
    model = checkpoint.get("model", checkpoint)
    if not isinstance(model, Mapping):
        raise IntegrityError("the checkpoint has no 'model' with arrays by name")
    parts = {name: model[name] for name in ("note_model", "pedal_model") if name in model}
    if not parts:
        name = "note_model" if "frame_model.fc.weight" in model else "pedal_model"
        parts = {name: model}
    state = {
        f"{part}.{name}": value
        for part, values in parts.items()
        for name, value in values.items()
        if not name.startswith(_FIXED)
    }
    if not any(name.endswith(".conv_block1.conv1.weight") for name in state):
        raise IntegrityError("the checkpoint is not one of the high-resolution piano transcriber")
    return state


def _normalised(bn: nn.BatchNorm2d, mels: Tensor) -> Tensor:
    found: Tensor = bn(mels.transpose(1, 2).unsqueeze(3))
    return found.permute(0, 3, 2, 1)


def _begin(gru: nn.GRU, fc: nn.Linear) -> None:
    """Set first weights as the authors do: uniform, and the new state's orthogonal."""
    nn.init.xavier_uniform_(fc.weight)
    nn.init.zeros_(fc.bias)
    for name, weight in gru.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(weight)
            continue
        bound = (3 / weight.shape[1]) ** 0.5
        nn.init.uniform_(weight, -bound, bound)
        if name.startswith("weight_hh"):
            nn.init.orthogonal_(weight.data[-gru.hidden_size :])
