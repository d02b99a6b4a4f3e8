from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import urllib3

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
        serve_tiny.RUNS.clear()  # those of the self-test
        return service

    yield make
    serve_tiny.reset()
    for service in services:
        service.close()


@pytest.fixture
def client(served):
    """Ask the application of the tiny models, without a server."""
    return served().app.test_client()


class Live:
    """A real server of the tiny models, in processes of its own."""

    def __init__(self, process, url):
        self.process, self.url = process, url
        self.pool = urllib3.PoolManager(retries=False, timeout=20.0, maxsize=16)

    def get(self, path, **how):
        return self.pool.request("GET", self.url + path, **how)

    def post(self, path, data, kind="audio/wav", **how):
        headers = {"Content-Type": kind, **how.pop("headers", {})}
        return self.pool.request("POST", self.url + path, body=data, headers=headers, **how)


@pytest.fixture
def live(tmp_path):
    """Return a function that starts a server of the tiny models and waits until it is ready."""
    started = []

    def start(*options: str) -> Live:
        command = [sys.executable, str(Path(__file__).parent / "serve_process.py"), str(tmp_path)]
        environment = {**os.environ, "AUDIOML_HOME": str(tmp_path / "home")}
        process = subprocess.Popen(
            [*command, "--port", "0", *options], stderr=subprocess.PIPE, text=True, env=environment
        )
        started.append(process)
        for line in process.stderr:
            found = re.search(r"serving on (http://\S+)", line)
            if found:
                threading.Thread(target=process.stderr.read, daemon=True).start()
                return Live(process, found[1])
        raise AssertionError(f"the server ended with {process.wait()}")

    yield start
    for process in started:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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
