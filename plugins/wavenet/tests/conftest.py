from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for `wavenet_tiny`

# compiled once for a state of the sources: numba itself looks at one file at a time
SOURCES = sorted((HERE.parent / "src" / "audioml_wavenet" / "engine").glob("*.py"))
STATE = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]
CACHE = str(Path(tempfile.gettempdir(), f"audioml-wavenet-{getattr(os, 'getuid', int)()}-{STATE}"))
os.environ["NUMBA_CACHE_DIR"] = CACHE
if "numba" in sys.modules:
    sys.modules["numba"].config.CACHE_DIR = CACHE


@pytest.fixture(params=["compiled", "plain"])
def make_songs(request):
    """The songs of an engine: each in turn, where it is installed."""
    if request.param == "plain":
        from audioml_wavenet.engine.plain import PlainSongs

        return PlainSongs
    return request.getfixturevalue("compiled_songs")


@pytest.fixture
def compiled_songs():
    pytest.importorskip("numba", reason="numba is not installed")
    from audioml_wavenet.engine.compiled import CompiledSongs

    return CompiledSongs


@pytest.fixture
def model_folder(tmp_path):
    """A function that writes a model folder of the tiny network, of three genres."""
    import wavenet_tiny

    from audioml_wavenet.folder import About, write_folder

    def write(name="tiny", *, seed=0, rate=1000):
        folder = tmp_path / name
        folder.mkdir()
        about = About(
            name=name,
            version="1",
            license="CC0-1.0",
            rate=rate,
            description="noise",
            genres=wavenet_tiny.GENRES,
        )
        write_folder(wavenet_tiny.weights(seed), folder, about, card="# Noise\n")
        return folder

    return write
