import subprocess
import sys

import pytest

from audioml.core.errors import MissingDependencyError, NotFoundError, UsageError
from audioml.core.plugins import Registry
from audioml_tensorflow import plugin

MAKING = """
import sys
from audioml.core.plugins import Registry
from audioml_tensorflow import plugin
Registry({"t": plugin}).find("backend", "tensorflow").load()()
print(*{"tensorflow", "keras"} & set(sys.modules))
"""


@pytest.mark.parametrize("name", ["tensorflow", "keras"])
def test_the_backend_is_offered(name):
    registry = Registry({"t": plugin})
    assert not registry.broken
    assert registry.find("backend", name).load().__name__ == "TensorflowBackend"


def test_nothing_heavy_is_imported_before_a_model_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", MAKING], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_tensorflow_that_is_not_installed(tmp_path, load, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingDependencyError, match="run: pip install tensorflow"):
        load(tmp_path)


@pytest.mark.parametrize("device", ["", "GPU", "cuda:", "cpu:0"])
def test_a_device_that_nobody_knows(tmp_path, load, device):
    with pytest.raises(UsageError, match="choose one of cpu"):
        load(tmp_path, device=device)


@pytest.mark.parametrize("threads", [0, 1.5, True])
def test_a_number_of_threads_that_makes_no_sense(tmp_path, load, threads):
    with pytest.raises(UsageError, match="'threads' must be"):
        load(tmp_path, threads=threads)


def test_a_model_that_is_not_there(tmp_path, load):
    with pytest.raises(NotFoundError, match="does not exist"):
        load(tmp_path / "none.keras")
