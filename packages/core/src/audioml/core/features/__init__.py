"""Features in numpy alone, equal to librosa's, for whole signals and for signals as they come."""

from .decibels import amplitude_to_db, power_to_db
from .logmel import LogMel
from .mel import hz_to_mel, mel_filters, mel_to_hz
from .pcm import PCM
from .stft import frame, hann, stft

__all__ = [
    "PCM",
    "LogMel",
    "amplitude_to_db",
    "frame",
    "hann",
    "hz_to_mel",
    "mel_filters",
    "mel_to_hz",
    "power_to_db",
    "stft",
]
