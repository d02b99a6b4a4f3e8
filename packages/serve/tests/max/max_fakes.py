"""A service of a few lines, whose model says how loud it is, and a server around it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import numpy as np
from flask import Flask
from werkzeug.serving import make_server

from audioml.core.options import Option
from audioml.core.stages import ModelSpec
from audioml.core.values import Frames, Prediction
from audioml.serve.decoding import Limits, opened
from audioml.serve.max import blueprint
from audioml.serve.settings import Settings
from audioml.serve.swagger import install

FIRST, HOP = 15600, 15360  # samples at 16 kHz for the first row, and for each one more


def spec(name, *, answers=("embedding",), outputs=("raw", "uint8")):
    """Return what a catalog knows of a model."""
    option = Option("decoder", default=outputs[0], choices=outputs)
    return ModelSpec(
        name, "1.0.0", "embedding", "MIT", 16000, answers=answers, options={"output": option}
    )


class FakeService:
    """Embeds by counting: row ``i`` holds ``i``, ``i + 1``, ... modulo 256, or what is given."""

    def __init__(self, *specs, rows=None):
        specs = specs or (spec("vggish"),)
        self.catalog = {each.name: SimpleNamespace(spec=each) for each in specs}
        self.asked = []
        self.rows = rows

    def open(self, file):
        return opened(file, Limits.of(Settings()))

    def check_room(self, name):
        return None

    def admitted(self, what="predictions"):
        return nullcontext()

    def deadline(self, wanted):
        return math.inf

    def predict(self, name, blocks, *, options=None):
        self.asked.append((name, dict(options or {})))
        count = round(16000 * sum(block.duration for block in blocks))
        rows = max(0, (count - FIRST) // HOP + 1)
        values = np.add.outer(np.arange(rows), np.arange(128)).astype(np.uint8)
        if self.rows is not None and len(self.rows) == rows:
            values = self.rows
        return Prediction({"embedding": Frames(values.reshape(rows, 128), hop=0.96)})


def application(service):
    """Return an application with nothing but these routes."""
    app = Flask("max-tests")
    install(app)
    app.register_blueprint(blueprint(service))
    return app


@contextmanager
def running(app) -> Iterator[str]:
    """Serve an application from a thread; gives its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
