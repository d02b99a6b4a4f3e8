from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for `wavenet_tiny`

TRAINING = ("torch", "lightning", "hydra", "pyarrow")
NEEDS = {
    "test_wavenet_network.py": ("torch",),
    "test_wavenet_task_learning.py": TRAINING,
    "test_wavenet_task_run.py": TRAINING,
    "test_wavenet_task_songs.py": TRAINING,
}
collect_ignore = [
    file for file, modules in NEEDS.items() if any(find_spec(module) is None for module in modules)
]

# compiled once for a state of the sources: numba itself looks at one file at a time
SOURCES = sorted((HERE.parent / "src" / "audioml_wavenet" / "engine").glob("*.py"))
STATE = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]
CACHE = str(Path(tempfile.gettempdir(), f"audioml-wavenet-{getattr(os, 'getuid', int)()}-{STATE}"))
os.environ["NUMBA_CACHE_DIR"] = CACHE
if "numba" in sys.modules:
    sys.modules["numba"].config.CACHE_DIR = CACHE


@pytest.fixture(params=["compiled", "plain", "torch"])
def make_songs(request):
    """The songs of an engine: each in turn, where it is installed."""
    if request.param == "plain":
        from audioml_wavenet.engine.plain import PlainSongs

        return PlainSongs
    if request.param == "torch":
        pytest.importorskip("torch", reason="torch is not installed")
        from audioml_wavenet.engine.device import DeviceSongs

        return functools.partial(DeviceSongs, device="cpu")
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


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Work on one thread: tensors are too small here to be shared."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
