"""A piano in numpy: decaying partials, hammer and pedal, its timbre drawn anew from each seed.

A note is a sum of exponentially decaying sinusoids. Blocks of 256 samples turn that sum into one
matrix product: the state of every partial at the blocks' beginnings, times a block of each. So a
note of six seconds takes about two milliseconds.

The physics is that of Fletcher and Rossing, "The Physics of Musical Instruments", ch. 12: stiff
strings are sharp in their upper partials, two or three strings of a note are slightly apart and
so decay in two rates, and the hammer takes from the spectrum what has a node where it strikes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..notes import HIGHEST, KEYS, LOWEST
from .perform import Performance

__all__ = ["Piano", "Timbre"]

RATE = 16000
_BLOCK = 256
_PARTIALS = 40
_UNDAMPED = 89  # from this key on up, strings have no dampers
_LONGEST = 9.0  # seconds: what sounds after that is not heard under anything
_TAIL = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Timbre:
    """One instrument: what differs from piano to piano."""

    inharmonicity: NDArray[np.float64]  # of each key: partial k is at k f sqrt(1 + B k^2)
    cents: NDArray[np.float64]  # of each key, what it is out of tune
    spread: NDArray[np.float64]  # (3,), cents of the strings of a note against each other
    decay: NDArray[np.float64]  # of each key, seconds to a tenth, of its first partial
    damping: float  # how much sooner upper partials are gone
    second: tuple[float, float]  # level and length of the slower of both decays
    gains: NDArray[np.float64]  # (keys, partials), what is peculiar to each string
    strike: float  # where the hammer strikes, a share of the string
    bright: tuple[float, float]  # partials that velocities 1 and 127 reach
    tilt: float  # dB an octave
    dynamics: float  # dB from velocity 127 to 1
    balance: float  # dB from the lowest key to the highest
    release: float  # seconds to a tenth when the damper falls on the middle of the keyboard
    knock: float  # level of the hammer's noise
    resonance: float  # level of the strings that sound along while the pedal is down

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Timbre:
        """Return the timbre of some piano."""
        key = np.linspace(-1, 1, KEYS)
        curve = 10 ** (rng.uniform(-4.1, -3.4) + 1.5 * np.maximum(key + 0.1, 0) ** 1.3)
        curve += 10 ** rng.uniform(-4.5, -3.7) * np.maximum(-key, 0)
        worn = rng.random() < 0.1
        stretch = rng.uniform(0, 20) * key**3
        return cls(
            inharmonicity=curve * rng.lognormal(0, 0.1, KEYS),
            cents=stretch + rng.normal(0, 8 if worn else 1.5, KEYS) + rng.uniform(-15, 15),
            spread=rng.normal(0, 8 if worn else rng.uniform(0.3, 1.8), 3),
            decay=np.exp(rng.uniform(0.9, 2.0) - rng.uniform(1.0, 1.7) * key),
            damping=rng.uniform(0.02, 0.3),
            second=(10 ** (rng.uniform(-26, -6) / 20), rng.uniform(2, 5)),
            gains=10 ** (rng.normal(0, rng.uniform(2, 6), (KEYS, _PARTIALS)) / 20),
            strike=1 / rng.uniform(6.5, 13),
            bright=(rng.uniform(1.2, 4), rng.uniform(5, 20)),
            tilt=rng.uniform(-7, -1),
            dynamics=rng.uniform(18, 45),
            balance=rng.uniform(-10, 6),
            release=10 ** rng.uniform(-1.5, -0.6),
            knock=10 ** (rng.uniform(-50, -22) / 20),
            resonance=10 ** (rng.uniform(-50, -26) / 20),
        )


class Piano:
    """Plays performances on one instrument.

    Parameters
    ----------
    timbre
        The instrument.
    rng
        Of what differs from stroke to stroke: phases and noise.
    """

    def __init__(self, timbre: Timbre, rng: np.random.Generator) -> None:
        self._timbre, self._rng = timbre, rng
        seconds = np.arange(int(0.06 * RATE)) / RATE
        noise = rng.standard_normal((4, len(seconds)))
        smooth = np.exp(-np.arange(24) / rng.uniform(1, 8))
        self._knocks = np.stack([np.convolve(each, smooth / smooth.sum())[:-23] for each in noise])
        thump = np.sin(2 * np.pi * rng.uniform(50, 160) * seconds) * rng.uniform(0, 3)
        self._knocks = (self._knocks + thump) * np.exp(-seconds / rng.uniform(0.004, 0.02))
        self._inside = np.arange(_BLOCK) / RATE

    def render(self, played: Performance, *, seconds: float | None = None) -> NDArray[np.float32]:
        """Return the sound of a performance at 16 kHz, float32, shape (n,), peak 0.5."""
        length = seconds if seconds is not None else played.heard.end + _TAIL
        out = np.zeros(int(length * RATE))
        heard = played.heard
        for onset, offset, pitch, velocity in heard.table.tolist():
            if LOWEST <= pitch <= HIGHEST:
                self._strike(out, onset, offset - onset, int(pitch), int(velocity))
        self._resound(out, played)
        peak = np.abs(out).max(initial=0.0)
        return (out * (0.5 / peak if peak > 0 else 0.0)).astype(np.float32)

    def _strike(
        self, out: NDArray[np.float64], onset: float, held: float, pitch: int, velocity: int
    ) -> None:
        at = round(onset * RATE)
        damped = pitch < _UNDAMPED
        fall = self._timbre.release * 2 ** ((64 - pitch) / 24)
        length = min(held + 2.5 * fall if damped else _LONGEST, _LONGEST)
        count = min(int(length * RATE), len(out) - at)
        if count <= 0:
            return
        sound = self._strings(pitch, velocity, count)
        if damped:
            over = np.maximum(np.arange(count) / RATE - held, 0)
            sound *= np.exp(-np.log(10) / fall * over)
        rise = min(count, int(RATE * (0.0008 + 0.003 * (108 - pitch) / 87)))
        sound[:rise] *= np.linspace(0, 1, rise)
        knock = self._knocks[self._rng.integers(4)][:count]
        sound[: len(knock)] += knock * self._timbre.knock * (velocity / 127) ** 1.5
        out[at : at + count] += sound

    def _strings(self, pitch: int, velocity: int, count: int) -> NDArray[np.float64]:
        """Return a stroke that no damper ends, float64, shape (count,)."""
        hertz, level, slope = self._partials(pitch, velocity)
        strings = 1 if pitch < 32 else 2 if pitch < 44 else 3
        apart = 2 ** (self._timbre.spread[:strings] / 1200)
        quick, (share, slower) = slope, self._timbre.second
        rates = np.concatenate([np.tile(quick, strings), quick / slower])
        tones = np.concatenate([np.outer(apart, hertz).ravel(), hertz * apart[0]])
        sizes = np.concatenate([np.tile(level / strings, strings), level * share])
        phases = self._rng.uniform(0, 2 * np.pi, len(tones))
        exponent = -rates + 2j * np.pi * tones
        blocks = -(-count // _BLOCK)
        begin = np.exp(np.outer(np.arange(blocks) * (_BLOCK / RATE), exponent))
        begin *= sizes * np.exp(1j * phases)
        within = np.exp(np.outer(exponent, self._inside))
        halves = np.concatenate([begin.real, begin.imag], axis=1).astype(np.float32)
        other = np.concatenate([within.real, -within.imag]).astype(np.float32)
        return (halves @ other).ravel()[:count].astype(np.float64)

    def _partials(self, pitch: int, velocity: int) -> tuple[NDArray[np.float64], ...]:
        """Return frequency (Hz), amplitude and decay (1/s) of each partial below 7.7 kHz."""
        timbre, key = self._timbre, pitch - LOWEST
        base = 440 * 2 ** ((pitch - 69) / 12 + timbre.cents[key] / 1200)
        number = np.arange(1, _PARTIALS + 1)
        hertz = number * base * np.sqrt(1 + timbre.inharmonicity[key] * number**2)
        number, hertz = number[hertz < 7700], hertz[hertz < 7700]
        loud = velocity / 127
        reach = timbre.bright[0] + (timbre.bright[1] - timbre.bright[0]) * loud**1.5
        reach *= 2 ** ((64 - pitch) / 30)
        level = 10 ** (timbre.tilt * np.log2(number) / 20) / np.sqrt(1 + (number / reach) ** 4)
        level *= np.abs(np.sin(np.pi * number * timbre.strike)) + 0.05
        level *= timbre.gains[key, : len(number)]
        decibels = timbre.dynamics * (loud - 1) + timbre.balance * key / (KEYS - 1)
        level *= 10 ** (decibels / 20) / np.sqrt((level**2).sum() + 1e-12)
        slope = np.log(10) / timbre.decay[key] * (1 + timbre.damping * (number - 1))
        return hertz, level, slope

    def _resound(self, out: NDArray[np.float64], played: Performance) -> None:
        """Add what the undamped strings answer while the pedal is down."""
        if not len(played.pedal) or self._timbre.resonance < 1e-3:
            return
        seconds = np.arange(int(1.2 * RATE)) / RATE
        answer = np.zeros(len(seconds))
        for pitch in range(28, 90):
            phase = self._rng.uniform(0, 2 * np.pi)
            hertz = 440 * 2 ** ((pitch - 69) / 12 + self._timbre.cents[pitch - LOWEST] / 1200)
            answer += np.sin(2 * np.pi * hertz * seconds + phase)
        answer *= np.exp(-4 * seconds) * self._timbre.resonance / 4
        down = np.zeros(len(out))
        for since, until in (played.pedal.intervals * RATE).astype(int).tolist():
            down[since:until] = 1
        size = 1 << (len(out) + len(answer)).bit_length()
        answered = np.fft.irfft(np.fft.rfft(out, size) * np.fft.rfft(answer, size), size)
        out += down * answered[: len(out)]
