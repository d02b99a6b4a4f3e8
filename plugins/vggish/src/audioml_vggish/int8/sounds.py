"""Sounds made by rule, of many kinds and levels: what a network in integers is fitted to.

They stand for what people record where no recordings are at hand: notes and chords, voices,
noises, clicks, chirps, silence, and mixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..features import EXAMPLE
from ..spectra import FRAMES, RATE, STEP

__all__ = ["sounds"]

_Sound = NDArray[np.float64]
_LEVELS = (-40.0, 0.0)  # dB of the peak: from a whisper across the room to a loud master
_EXAMPLES = 4
_LENGTH = EXAMPLE + (_EXAMPLES - 1) * FRAMES * STEP


def sounds(count: int, *, seed: int) -> Iterator[NDArray[np.float32]]:
    """Yield ``count`` sounds of four examples each, float32, shape (61680,), in [-1, 1], at 16 kHz.

    The kinds take turns; everything else is drawn from ``seed``.
    """
    for index in range(count):
        random = np.random.Generator(np.random.PCG64([seed, index]))
        kind = _KINDS[index % len(_KINDS)]
        sound = kind(random)
        peak = np.abs(sound).max()
        level = 10 ** (random.uniform(*_LEVELS) / 20)
        yield (sound * (level / peak if peak else 0.0)).astype(np.float32)


def _time() -> _Sound:
    return np.arange(_LENGTH) / RATE


def _swept(frequency: _Sound) -> _Sound:
    """Return the phase of a tone whose frequency, in Hz, changes."""
    return 2 * np.pi * np.cumsum(frequency) / RATE


def _note(random: np.random.Generator, frequency: float, length: int) -> _Sound:
    """Return a tone with overtones that dies away or stays, as that of a string or a pipe."""
    time = np.arange(length) / RATE
    tilt, decay = random.uniform(0.5, 2.0), random.choice([0.2, 2.0, 6.0])
    count = min(20, int(0.45 * RATE / frequency))
    parts = np.arange(1, count + 1)[:, np.newaxis]
    waves = np.sin(2 * np.pi * frequency * parts * time + random.uniform(0, 6.28, (count, 1)))
    fading = np.exp(-decay * time * (1 + 0.2 * parts)) / parts**tilt
    note: _Sound = (waves * fading).sum(axis=0) * np.minimum(1.0, time / 0.01)
    return note


def _music(random: np.random.Generator) -> _Sound:
    out = np.zeros(_LENGTH)
    beat = random.uniform(0.15, 0.8)
    for start in np.arange(0.0, _LENGTH / RATE - 0.1, beat):
        first = int(start * RATE)
        length = min(int(random.uniform(1.0, 3.0) * beat * RATE), _LENGTH - first)
        for _ in range(random.integers(1, 5)):
            frequency = 440.0 * 2 ** ((random.integers(33, 88) - 69) / 12)
            out[first : first + length] += _note(random, frequency, length)
    return out


def _speech(random: np.random.Generator) -> _Sound:
    """Return a buzz and a hiss by turns, through resonances that move, in syllables."""
    time = _time()
    pitch = random.uniform(80, 300) * (1 + 0.15 * _wander(random, 2.0))
    voiced = np.sin(_swept(pitch)).clip(0.8) - 0.8
    breath = random.standard_normal(_LENGTH) * 0.03
    spoken = _wander(random, 4.0) > -0.3
    source = np.where(_wander(random, 5.0) > -0.2, voiced, breath) * spoken
    formants = [(500, 250), (1500, 600), (2500, 400)]
    out = 0.1 * np.diff(source, prepend=0.0)
    for centre, spread in formants:
        carrier = np.exp(1j * _swept(centre + spread * _wander(random, 3.0)))
        low = _smoothed(source * carrier.conj(), random.uniform(50, 150))
        out += (low * carrier).real
    return out * (0.6 + 0.4 * np.sin(2 * np.pi * random.uniform(2, 6) * time))


def _noise(random: np.random.Generator) -> _Sound:
    """Return coloured noise, of one band or of all, steady or in gusts."""
    spectrum = np.fft.rfft(random.standard_normal(_LENGTH))
    hertz = np.fft.rfftfreq(_LENGTH, 1 / RATE)
    spectrum *= np.maximum(hertz, 20.0) ** -random.uniform(0.0, 1.5)
    if random.random() < 0.5:
        centre = random.uniform(100, 7000)
        spectrum *= np.exp(-(((hertz - centre) / (0.3 * centre)) ** 2))
    out = np.fft.irfft(spectrum, _LENGTH)
    return out * np.exp(random.uniform(0, 2) * _wander(random, 1.0))


def _clicks(random: np.random.Generator) -> _Sound:
    """Return short knocks over a faint hum: steps, hammers, a door."""
    out = 0.003 * np.sin(2 * np.pi * 100 * _time())
    for first in random.integers(0, _LENGTH - 4000, random.integers(2, 60)):
        time = np.arange(4000) / RATE
        ring = np.sin(2 * np.pi * random.uniform(100, 5000) * time) + random.standard_normal(4000)
        out[first : first + 4000] += ring * np.exp(-time * random.uniform(30, 500))
    return out


def _chirps(random: np.random.Generator) -> _Sound:
    """Return sirens, birds and engines: tones that rise and fall, with or without overtones."""
    low, high = np.sort(random.uniform(50, 6000, 2))
    swing = 0.5 + 0.5 * np.sin(2 * np.pi * random.uniform(0.2, 8.0) * _time())
    phase = _swept(low * (high / low) ** swing)
    sharpness = random.uniform(0, 3)
    return np.tanh(sharpness * np.sin(phase)) + np.sin(phase)


def _mixed(random: np.random.Generator) -> _Sound:
    """Return two of the others at once."""
    out = np.zeros(_LENGTH)
    for kind in random.choice(len(_KINDS) - 2, 2, replace=False):
        sound = _KINDS[kind](random)
        out += sound / max(np.abs(sound).max(), 1e-9) * random.uniform(0.1, 1.0)
    return out


def _silence(random: np.random.Generator) -> _Sound:
    """Return digital silence, or the last bits of a recorder's noise."""
    if random.random() < 0.5:
        return np.zeros(_LENGTH)
    quiet = random.standard_normal(_LENGTH) * 1e-4
    quiet[0] = 1.0  # what the level is set by
    return quiet


def _wander(random: np.random.Generator, hertz: float) -> _Sound:
    """Return a curve about 0 that changes ``hertz`` times a second."""
    count = max(2, int(_LENGTH / RATE * hertz) + 2)
    points = random.standard_normal(count)
    return np.interp(np.linspace(0, count - 1, _LENGTH), np.arange(count), points)


def _smoothed(values: NDArray[np.complex128], hertz: float) -> NDArray[np.complex128]:
    """Return values without what is faster than about ``hertz``."""
    spectrum = np.fft.fft(values)
    spectrum *= np.exp(-((np.fft.fftfreq(len(values), 1 / RATE) / hertz) ** 2))
    return np.fft.ifft(spectrum)


_KINDS: tuple[Callable[[np.random.Generator], _Sound], ...] = (
    _music,
    _speech,
    _noise,
    _clicks,
    _chirps,
    _mixed,
    _silence,
)
