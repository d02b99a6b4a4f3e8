"""Songs made by rule, in folders as people and as `acquire` leave them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import soundfile

from audioml.core.files import sha256
from audioml.generate.acquire.manifest import Recording, write_manifest

RATE = 4000


def tune(seed, *, seconds=6.0, rate=8000, channels=1):
    """Three notes and some noise, shape (n, channels)."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    notes = sum(np.sin(2 * np.pi * f * time) for f in random.uniform(100, 900, 3))
    wave = 0.2 * notes + 0.01 * random.standard_normal(len(time))
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def write(path, samples, *, rate=8000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path


def plain(folder, count=3):
    """A folder of songs by nobody, each in a folder of its own."""
    for n in range(count):
        write(folder / f"band {n}" / f"song {n}.wav", tune(n))
    return folder


def acquired(folder, artists=("Ann", "Ben", "ann", "Cid"), **changed):
    """What `acquire` leaves: a song for each artist, of a genre, under a licence."""
    rows = []
    for n, artist in enumerate(artists):
        path = write(folder / "audio" / f"s{n}.wav", tune(n))
        about = {
            "id": f"fma/s{n}",
            "path": f"audio/s{n}.wav",
            "url": f"https://example.org/{n}",
            "sha256": sha256(path),
            "bytes": path.stat().st_size,
            "licence": "CC-BY-4.0",
            "licence_url": "https://creativecommons.org/licenses/by/4.0/",
            "attribution": f'"Song {n}" by {artist}, licence CC-BY-4.0',
            "artist": artist,
            "title": f"Song {n}",
            "album": None,
            "genre": ("Folk", "Rock")[n % 2],
            "split": None,
            "collection": "fma",
            "fetched_at": datetime(2026, 1, 31, tzinfo=UTC),
            "tool": "a test",
        }
        rows.append(Recording(**{**about, **changed}))
    write_manifest(folder / "manifest.parquet", rows, {"fma": "The *archive*"})
    return folder
