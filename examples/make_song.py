"""Writes a short song of which every chord is known: python examples/make_song.py song.wav."""

from __future__ import annotations

import sys
from pathlib import Path

from audioml.core.audio import write
from audioml.core.testing.sounds import music


def main(path: str) -> None:
    """Write the song and say what it plays."""
    audio, chords = music()
    tags = {"title": "Eight bars", "artist": "audioml", "album": "Demo"}
    write(path, audio, tags=tags)
    played = "  ".join(str(label) for label in chords.values)
    print(f"made {Path(path).name}, {audio.duration:.0f} s, which plays: {played}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "song.wav")
