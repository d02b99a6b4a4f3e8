"""Small data sets made by rule, for the tests of this folder."""

import struct
from pathlib import Path

import numpy as np
import soundfile

RATE = 8000


def plucked(onsets, pitches, seconds, *, late=0.0, seed=0, rate=RATE):
    """Return plucked notes over faint noise, ``late`` seconds after their onsets."""
    random = np.random.default_rng(seed)
    out = random.normal(0, 1e-3, round(seconds * rate))
    time = np.arange(round(0.6 * rate)) / rate
    for onset, pitch in zip(onsets, pitches, strict=True):
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        note = sum(
            np.sin(2 * np.pi * n * frequency * time) / n * np.exp(-time * (2 + n))
            for n in (1, 2, 3)
            if n * frequency < rate / 2
        )
        at = round((onset + late) * rate)
        end = min(len(out), at + len(time))
        out[at : max(end, at)] += 0.2 * note[: max(end - at, 0)]
    return out.astype(np.float32)


def melody(seconds=12.0, *, seed=0):
    """Return onsets and pitches of an uneven melody."""
    random = np.random.default_rng(seed)
    onsets = np.cumsum(random.uniform(0.12, 0.6, 200)) + 0.5
    onsets = onsets[onsets < seconds - 1]
    return onsets, random.integers(48, 84, len(onsets))


def write_wav(path: Path, samples=None, *, seconds=1.0, seed=0, rate=RATE):
    """Write a WAV file, of noise unless samples are given."""
    if samples is None:
        samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * rate))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return path


def midi(notes, *, pedal=()):
    """Return a MIDI file at 120 beats a minute and 1000 ticks a second."""
    made = []
    for onset, offset, pitch, velocity in notes:
        made += [(onset, 2, bytes([0x90, int(pitch), int(velocity)]))]
        made += [(offset, 1, bytes([0x80, int(pitch), 0]))]
    for down, up in pedal:
        made += [(down, 2, bytes([0xB0, 64, 127])), (up, 0, bytes([0xB0, 64, 0]))]
    body, now = b"", 0
    for time, _, data in sorted(made):
        tick = round(time * 1000)
        body += variable(tick - now) + data
        now = tick
    track = body + b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 1, 1, 500)
    return header + b"MTrk" + struct.pack(">I", len(track)) + track


def variable(number):
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))


def write_song(folder, name, *, late=0.0, seed=0, seconds=12.0, ending=".mid"):
    """Write a melody as sound and as MIDI; return the notes."""
    onsets, pitches = melody(seconds, seed=seed)
    write_wav(folder / f"{name}.wav", plucked(onsets, pitches, seconds, late=late, seed=seed))
    notes = [(t, t + 0.4, p, 80) for t, p in zip(onsets, pitches, strict=True)]
    (folder / f"{name}{ending}").write_bytes(midi(notes))
    return notes
