"""What the documents tell people to type at a server is typed here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("flask", reason="audioml-serve is not installed")
pytest.importorskip("audioml_vggish", reason="audioml-vggish is not installed")

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
BLOCK = re.compile(r"(<!-- not run: [^\n]+ -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
TYPED = ("audioml ", "curl ", "ffmpeg ", "AUDIOML_")
SERVER = re.compile(r"(?:\w+=(?:\S+|\"[^\"]*\") )*audioml serve(?! (?:key|ping)\b)")
ADDRESS = re.compile(r"http://127\.0\.0\.1:(?:8000|5000)")
NOISE = '''
import numpy as np

from audioml.core import Audio, ModelSpec
from audioml.core.plugins import Component, hookimpl


@hookimpl
def components():
    here = __name__
    yield Component("generator", "noise", f"{here}:Noise", "noise")
    yield Component("importer", "named", f"{here}.importer:IMPORTER", "ONNX networks with names")
    yield Component("route", "count", f"{here}.routes:routes", "how much a model finds")


class Noise:
    spec = ModelSpec("noise", "1", "noise", "MIT", rate=8000)

    def start(self, options, /):
        return Blocks(options)


class Blocks:
    state = b""

    def __init__(self, options):
        self._options = options

    def __iter__(self):
        random = np.random.default_rng(self._options.seed)
        for second in range(int(self._options.seconds)):
            yield Audio(random.uniform(-0.5, 0.5, (1, 8000)).astype("f4"), 8000, float(second))
'''


class Reader:
    """Somebody who follows a page from top to bottom, in one folder."""

    def __init__(self, folder: Path, plugins: Path) -> None:
        self.server: subprocess.Popen[str] | None = None
        self.url = "http://127.0.0.1:9"
        self.names: dict[str, object] = {}
        self.ran: list[str] = []
        curl = folder / "curl"
        curl.mkdir()
        (curl / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        self.environment = {"CURL_HOME": str(curl), "PATH": path, "PYTHONPATH": str(plugins)}

    def follow(self, page: str) -> None:
        for skipped, language, block in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
            if skipped:
                continue
            if language == "sh":
                for line in block.splitlines():
                    self.type(line.split(" #")[0].strip())
            if language == "python" and not block.startswith("Component("):
                exec(compile(block, page, "exec"), self.names)

    def type(self, line: str) -> None:
        if not line.startswith(TYPED):
            return
        if line.startswith("ffmpeg ") and shutil.which("ffmpeg") is None:
            return
        if SERVER.match(line):
            self.serve(line)
        else:
            done = subprocess.run(
                ADDRESS.sub(self.url, line), shell=True, capture_output=True, text=True,
                check=False, env={**os.environ, **self.environment}, timeout=120,
            )  # fmt: skip
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            assert '"problem"' not in done.stdout, (line, done.stdout)
        self.ran.append(line)

    def serve(self, line: str) -> None:
        self.leave()
        self.server = subprocess.Popen(
            f"exec {line} --port 0 --host 127.0.0.1" if "=" not in line.split()[0] else
            f"{line} --port 0 --host 127.0.0.1",
            shell=True, stderr=subprocess.PIPE, text=True, env={**os.environ, **self.environment},
        )  # fmt: skip
        told = []
        for said in self.server.stderr or ():
            told.append(said)
            if found := re.search(r"serving on (http://[\w.:]+)", said):
                self.url = found[1]
                threading.Thread(target=self.server.stderr.read, daemon=True).start()
                os.environ["AUDIOML_SERVE_URL"] = self.environment["AUDIOML_SERVE_URL"] = self.url
                return
        raise AssertionError((line, told))

    def leave(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(60)
            self.server = None
