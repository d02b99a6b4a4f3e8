import subprocess
import sys

from audioml.core.plugins import Registry
from audioml_tflite import plugin

MAKING = """
import sys
from audioml.core.plugins import Registry
from audioml_tflite import plugin
Registry({"tflite": plugin}).find("backend", "tflite").load()()
print(*{"ai_edge_litert", "tflite_runtime", "tensorflow"} & set(sys.modules))
"""


def test_the_backend_is_offered():
    registry = Registry({"tflite": plugin})
    assert not registry.broken
    assert registry.find("backend", "tflite").load().__name__ == "TFLiteBackend"


def test_no_runtime_is_imported_before_a_model_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", MAKING], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
