from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def serve_tiny(audioml_plugins, audioml_home):
    """The models of tests, the core's formats, and an empty store."""
    import serve_tiny

    import audioml.core.plugin
    import audioml.serve.plugin

    audioml_plugins(core=audioml.core.plugin, serve=audioml.serve.plugin, serve_tiny=serve_tiny)
    serve_tiny.reset()
    return serve_tiny


@pytest.fixture
def served(serve_tiny, tmp_path):
    """Return a function: the service of the tiny models, with other settings."""
    from audioml.serve.service import build
    from audioml.serve.settings import Settings

    services = []

    def make(*models: str, **settings):
        folder = serve_tiny.write_folder(tmp_path / "models" / "tiny-level")
        named = models or (str(folder), "tiny-whole", "tiny-noise")
        service = build(Settings(models=named, **settings))
        services.append(service)
        return service

    yield make
    serve_tiny.reset()
    for service in services:
        service.close()


@pytest.fixture
def client(served):
    """Ask the application of the tiny models, without a server."""
    return served().app.test_client()


@pytest.fixture
def wav():
    """Return a function: the bytes of a recording."""

    def make(seconds=1.0, rate=4000, channels=1, *, container="WAV", subtype="PCM_16", value=0.5):
        import soundfile

        samples = np.full((round(seconds * rate), channels), value, np.float32)
        file = io.BytesIO()
        soundfile.write(file, samples, rate, format=container, subtype=subtype)
        return file.getvalue()

    return make
