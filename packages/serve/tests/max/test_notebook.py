"""The example notebook, from its first cell to its last, against a server with a tiny model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
import tiny_vggish

HERE = Path(__file__).parent
NOTEBOOK = HERE.parents[3] / "examples" / "embedding_demo.ipynb"
MODULES = ("ipykernel", "matplotlib", "nbclient")
SERVE = """
import sys
sys.path.insert(0, {tests!r})
import tiny_vggish
from audioml.core.cli.main import main
from audioml.core.plugins import Registry, using
plugins = {{}}
tiny_vggish.use(lambda **given: plugins.update(given))
with using(Registry(plugins)):
    main()
"""


@pytest.fixture
def served(audioml_plugins, audioml_home, tmp_path, monkeypatch):
    """`audioml serve` with a tiny model and MAX's routes, in a process of its own."""
    tiny_vggish.use(audioml_plugins)
    folder = tiny_vggish.write_folder(tmp_path / "tiny-vggish")
    code = SERVE.format(tests=str(HERE))
    arguments = ["serve", str(folder), "--preset", "max", "--host", "127.0.0.1", "--port", "0"]
    log = tmp_path / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=out, stderr=out)
    try:
        monkeypatch.setenv("AUDIOML_SERVE_URL", address(process, log))
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def address(process, log, seconds=60):
    """The URL that the server says it answers at."""
    end = time.monotonic() + seconds
    while not (found := re.search(r"serving on (http://[\w.]+:\d+)", log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, f"not serving after {seconds} s: {log.read_text()}"
        time.sleep(0.05)
    return found[1]


def test_it_is_kept_without_what_it_printed():
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 5
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)


@pytest.mark.slow
@pytest.mark.skipif(
    not all(map(find_spec, MODULES)), reason="pip install ipykernel matplotlib nbclient"
)
def test_it_runs_and_draws(served):
    import nbclient
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    printed = "".join(output.get("text", "") for output in outputs)
    assert len(pictures) == 5
    assert "tiny-vggish 1.0" in printed
    assert "(6, 128) from" in printed
