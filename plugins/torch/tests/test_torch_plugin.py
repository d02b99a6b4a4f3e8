import subprocess
import sys

import pytest

from audioml.core.plugins import Registry
from audioml_torch import plugin

MAKING = """
import sys
from audioml.core.plugins import Registry
from audioml_torch import plugin
Registry({"torch": plugin}).find("backend", "torch").load()()
print(*{"torch"} & set(sys.modules))
"""


@pytest.mark.parametrize("name", ["torch", "pt2", "pt"])
def test_the_backend_is_offered(name):
    registry = Registry({"torch": plugin})
    assert not registry.broken
    assert registry.find("backend", name).load().__name__ == "TorchBackend"


def test_nothing_heavy_is_imported_before_a_model_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", MAKING], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
