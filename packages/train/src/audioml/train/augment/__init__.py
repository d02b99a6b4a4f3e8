"""Augmentation of batches, audio and labels together, in torch and on the batch's device."""

from .augmentor import BatchAugmentation, BatchAugmentor
from .colour import Equalise, LowPass
from .crop import RandomCrop
from .labels import KINDS, Labels
from .level import Clip, Gain, Polarity
from .masks import FrequencyMask, TimeMask
from .mixing import Mixup
from .noise import COLOURS, Noise
from .pitch import PitchShift, TimeStretch
from .room import Reverb
from .worker import PerExample

__all__ = [
    "COLOURS",
    "KINDS",
    "BatchAugmentation",
    "BatchAugmentor",
    "Clip",
    "Equalise",
    "FrequencyMask",
    "Gain",
    "Labels",
    "LowPass",
    "Mixup",
    "Noise",
    "PerExample",
    "PitchShift",
    "Polarity",
    "RandomCrop",
    "Reverb",
    "TimeMask",
    "TimeStretch",
]
