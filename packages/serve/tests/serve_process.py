"""Runs the tiny models behind a real server: ``python serve_process.py FOLDER OPTION...``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import serve_tiny

import audioml.core.plugin
import audioml.serve.plugin
from audioml.core.cli.main import run
from audioml.core.plugins import Registry, using

if __name__ == "__main__":
    serve_tiny.reset()
    plugins = {
        "core": audioml.core.plugin,
        "serve": audioml.serve.plugin,
        "serve_tiny": serve_tiny,
    }
    folder, *options = sys.argv[1:]
    with using(Registry(plugins)):
        model = serve_tiny.write_folder(Path(folder) / "tiny-level")
        models = [str(model), "tiny-whole", "tiny-noise", "tiny-trouble"]
        sys.exit(run(["serve", *models, *options]))
