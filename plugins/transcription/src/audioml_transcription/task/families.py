"""What goes with each network: what it is fed with, and how what it answers is joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from audioml.core.errors import UsageError
from audioml.core.models.manifest import Part

from ..features import NAME
from ..networks.crnn import CRNN, Widths
from ..networks.frontend import FrontEnd
from ..networks.harmonic import CONTEXT, HarmonicNet
from ..networks.logmel import FPS, MELS, LogMel
from ..spectrum import BINS, CHANNELS, HOP, LONG, RATE

__all__ = ["Family", "family_of", "network_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of network.

    Parameters
    ----------
    make
        Returns a network for the settings of ``model.network``.
    front
        Returns the front end of training: features of segments of samples.
    hop
        Samples from frame to frame.
    margin
        Samples that a segment has more on both sides than its frames are apart.
    levelled
        Whether recordings are brought to one level.
    extractor, tensor
        The front end of inference, and what it calls its features.
    joining
        Parameters of the decoder that say how rows follow each other.
    row
        Shape of the features of a row, to be exported with.
    moving
        Which axes of a batch of them may have any length.
    """

    name: str
    make: Callable[..., nn.Module]
    front: Callable[[], nn.Module]
    hop: int
    margin: int
    levelled: bool
    extractor: Part
    tensor: str
    joining: Mapping[str, Any]
    row: tuple[int, ...]
    moving: Mapping[int, str] = field(default_factory=dict)

    @property
    def fps(self) -> float:
        """Return the frames in a second."""
        return RATE / self.hop


def _crnn(*, convolutions: Any, features: int, recurrent: int) -> CRNN:
    return CRNN(Widths(tuple(convolutions), features, recurrent))


_SEGMENT = 1001  # frames that the CRNN is trained and run with: 10 s
_FAMILIES = {
    "harmonic": Family(
        name="harmonic",
        make=HarmonicNet,
        front=FrontEnd,
        hop=HOP,
        margin=LONG // 2,
        levelled=True,
        extractor=Part("harmonic-spectra", {"context": CONTEXT}),
        tensor=NAME,
        joining={"context": CONTEXT},
        row=(CHANNELS, 160, BINS),
        moving={2: "frames"},  # a row at a time: many at once take memory, and no less time
    ),
    "crnn": Family(
        name="crnn",
        make=_crnn,
        front=LogMel,
        hop=160,
        margin=0,
        levelled=False,
        extractor=Part(
            "logmel",
            {
                "rate": RATE,
                "window": 10.0,
                "hop": 5.0,
                "n_fft": 2048,
                "hop_length": 160,
                "pad_mode": "reflect",
                "n_mels": MELS,
                "fmin": 30.0,
                "fmax": 8000.0,
                "layout": "tm",
            },
        ),
        tensor="logmel",
        joining={"context": 0, "hop": _SEGMENT // 2, "fps": FPS},
        row=(_SEGMENT, MELS),
        moving={0: "rows"},
    ),
}


def family_of(model: Mapping[str, Any]) -> Family:
    """Return the family of the network that the settings ``model`` name.

    Raises
    ------
    UsageError
        If they name none.
    """
    named = dict(model.get("network") or {}).get("name")
    if named not in _FAMILIES:
        raise UsageError(
            f"'model.network.name' must be one of {', '.join(_FAMILIES)}, got {named!r}; "
            "say model=harmonic or model=crnn"
        )
    return _FAMILIES[named]


def network_of(model: Mapping[str, Any]) -> nn.Module:
    """Return the network that the settings ``model`` describe, with random weights.

    Raises
    ------
    UsageError
        If there is no such network, or not with these settings.
    """
    family = family_of(model)
    widths = {str(k): v for k, v in dict(model["network"]).items() if k != "name"}
    try:
        return family.make(**widths)
    except TypeError as error:
        raise UsageError(f"the network {family.name!r} cannot be made: {error}") from error
