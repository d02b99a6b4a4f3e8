"""The examples are installed as strangers' plugins are, seen, and their own tests pass."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
OFFERED = {
    "pitch": ["estimator"],
    "noticeboard": ["sink", "route", "task"],
}
NEEDS = {
    "pitch": ["librosa"],
    "noticeboard": ["audioml.edge", "audioml.serve", "audioml.train", "audioml_onnx", "onnx"],
}
NOTEBOOK = ("ipykernel", "matplotlib", "nbclient", "audioml_transcription", "audioml.serve")


def run(environment, *command, **options):
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, **options
    )


@pytest.fixture(scope="module")
def installed(fresh_environment):
    """The variables of an environment into which both examples are installed."""
    editable = [part for name in OFFERED for part in ("-e", str(EXAMPLES / f"audioml-{name}"))]
    done = run(fresh_environment, "pip", "install", "--quiet", *editable)
    assert done.returncode == 0, done.stderr
    return fresh_environment


def missing(modules):
    for module in modules:
        try:
            if find_spec(module) is None:
                return module
        except ModuleNotFoundError:
            return module
    return None


@pytest.mark.slow
@pytest.mark.parametrize("name", OFFERED)
def test_an_example_is_seen_and_keeps_the_contract(installed, name):
    listed = run(installed, "audioml", "plugins", "list").stdout
    _, _, offered = listed.partition(f"{name} (audioml-{name} 0.1.0)")
    kinds = re.findall(r"^  (\w+) ", offered.partition("\n\n")[0], flags=re.MULTILINE)
    assert kinds[1:] == OFFERED[name]  # the first line is the head of the table
    checked = run(installed, "audioml", "plugins", "check", name)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", OFFERED)
def test_the_tests_of_an_example_pass(installed, name):
    if absent := missing(NEEDS[name]):
        pytest.skip(f"{absent} is not installed")
    folder = EXAMPLES / f"audioml-{name}"
    done = run(installed, "pytest", "-q", "-p", "no:cacheprovider", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_notebook_is_kept_without_what_it_printed():
    cells = json.loads((EXAMPLES / "walk_through.ipynb").read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 5
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


@pytest.mark.slow
def test_the_notebook_walks_from_sound_to_a_server(audioml_home):
    if absent := missing(NOTEBOOK):
        pytest.skip(f"{absent} is not installed")
    import nbclient
    import nbformat

    notebook = nbformat.read(EXAMPLES / "walk_through.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 1
    printed = "".join(output.get("text", "") for output in outputs)
    found = re.search(r"(\d+) notes, the same as here", printed)
    assert found is not None, printed
    assert 4 <= int(found[1]) <= 7  # five were played


def test_wrapping_a_library_takes_less_than_sixty_lines():
    sources = (EXAMPLES / "audioml-pitch" / "src").rglob("*.py")
    lines = [line for path in sources for line in path.read_text(encoding="utf-8").splitlines()]
    assert 0 < sum(bool(line.strip()) for line in lines) < 60
