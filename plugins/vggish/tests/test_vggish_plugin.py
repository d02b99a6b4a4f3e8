import subprocess
import sys

from audioml.core.plugins import Registry
from audioml_vggish import plugin


def test_every_component_loads():
    registry = Registry({"vggish": plugin})
    assert not registry.broken
    offered = {(c.kind, c.name): c.load() for c in registry.components()}
    assert set(offered) == {
        ("model", "vggish"),
        ("extractor", "vggish-logmel"),
        ("decoder", "vggish"),
        ("importer", "vggish"),
    }


def test_listing_models_imports_nothing_heavy():
    code = (
        "import sys, audioml_vggish.plugin as p; [c.name for c in p.components()];"
        "import audioml_vggish.model; assert audioml_vggish.model.VGGISH.origins;"
        "assert not {'numpy', 'onnx', 'onnxruntime'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_onnx_is_imported_only_when_a_model_is_made():
    code = (
        "import sys, audioml_vggish.importer, audioml_vggish.features, audioml_vggish.decoder;"
        "assert not {'onnx', 'onnxruntime', 'soundfile'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
