import subprocess
import sys

from audioml.core.plugins import Registry
from audioml_onnx import plugin

MAKING = """
import sys
from audioml.core.plugins import Registry
from audioml_onnx import plugin
Registry({"onnx": plugin}).find("backend", "onnx").load()()
print(*{"onnx", "onnxruntime"} & set(sys.modules))
"""


def test_the_backend_is_offered():
    registry = Registry({"onnx": plugin})
    assert not registry.broken
    assert registry.find("backend", "onnx").load().__name__ == "OnnxBackend"


def test_nothing_heavy_is_imported_before_a_model_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", MAKING], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
