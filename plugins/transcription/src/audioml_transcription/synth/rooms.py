"""What comes between the instrument and the file: room, microphone, noise, tape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["coloured_noise", "equalised", "impulse_response", "recorded", "reverberated"]

RATE = 16000


def impulse_response(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the answer of some room to a click, float64, shape (n,): direct sound first.

    A few early reflections, then noise that decays, sooner the higher it is.
    """
    length = rng.uniform(0.15, 1.8)  # seconds to -60 dB
    count = int(length * RATE)
    seconds = np.arange(count) / RATE
    tail = np.zeros(count)
    for high, share in ((1.0, 1.0), (0.35, rng.uniform(0.3, 1.5)), (0.08, rng.uniform(0.3, 2))):
        noise = rng.standard_normal(count)
        smooth = np.exp(-np.arange(64) * high * 2)
        part = np.convolve(noise, smooth / np.sqrt((smooth**2).sum()))[:count]
        tail += share * part * np.exp(-6.9 / length * (1 + high * rng.uniform(0, 2)) * seconds)
    before = int(rng.uniform(0.002, 0.03) * RATE)
    tail[:before] = 0
    tail *= 10 ** (rng.uniform(-30, -6) / 20) / np.sqrt((tail**2).sum() + 1e-12)
    for at in rng.integers(8, max(before, 9) + 160, 6):
        tail[at] += rng.normal(0, 0.15)
    tail[0] = 1.0
    return tail


def reverberated(
    samples: NDArray[np.float32], response: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return a sound as it is heard in a room, as long as before."""
    size = 1 << (len(samples) + len(response)).bit_length()
    product = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(product, size)[: len(samples)].astype(np.float32)


def equalised(
    samples: NDArray[np.float32], rng: np.random.Generator, *, depth: float = 9.0
) -> NDArray[np.float32]:
    """Return a sound through some microphone: up to ``depth`` dB up or down in eight places."""
    spectrum = np.fft.rfft(samples)
    octaves = np.log2(np.maximum(np.arange(len(spectrum)) * RATE / len(samples), 20) / 20)
    knots = np.linspace(0, np.log2(RATE / 40), 8)
    gain = np.interp(octaves, knots, rng.uniform(-depth, depth, 8))
    return np.fft.irfft(spectrum * 10 ** (gain / 20), len(samples)).astype(np.float32)


def coloured_noise(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Return noise of RMS 1 between white and brown, float32, shape (count,)."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.maximum(np.arange(len(spectrum)) * RATE / count, 30)
    spectrum *= hertz ** -rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, count)
    level: float = np.sqrt(np.mean(noise**2)) + 1e-12
    return np.asarray(noise / level, np.float32)


def recorded(samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a sound as somebody may have recorded it, float32, within [-1, 1]."""
    if rng.random() < 0.5:
        samples = reverberated(samples, impulse_response(rng))
    if rng.random() < 0.7:
        samples = equalised(samples, rng, depth=float(rng.uniform(2, 8)))
    peak = float(np.abs(samples).max(initial=1e-6))
    samples = samples * np.float32(10 ** (rng.uniform(-14, -1) / 20) / peak)
    if rng.random() < 0.7:
        level = 10 ** (rng.uniform(-80, -48) / 20)
        samples = samples + np.float32(level) * coloured_noise(rng, len(samples))
    return np.clip(samples, -1, 1)
