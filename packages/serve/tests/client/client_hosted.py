"""The true server with tiny models, as a process of its own: `python client_hosted.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import serve_tiny

import audioml.core.plugin
import audioml.serve.plugin
from audioml.core.cli import output
from audioml.core.plugins import Registry, using
from audioml.serve.running import run
from audioml.serve.service import build
from audioml.serve.settings import Settings


def main() -> int:
    output.configure_logging()
    serve_tiny.reset()
    plugins = {"core": audioml.core.plugin, "serve": audioml.serve.plugin, "tiny": serve_tiny}
    with using(Registry(plugins)):
        model = serve_tiny.write_folder(Path(sys.argv[1]) / "tiny-level")
        named = (str(model), "tiny-whole", "tiny-noise")
        settings = Settings(models=named, port=0, grace=1.0, max_parts=20)
        return run(lambda: build(settings), settings)


if __name__ == "__main__":
    sys.exit(main())
