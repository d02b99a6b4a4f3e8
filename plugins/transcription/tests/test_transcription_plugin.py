import subprocess
import sys

from audioml.core.plugins import Registry
from audioml_transcription import plugin


def test_every_component_loads():
    registry = Registry({"transcription": plugin})
    assert not registry.broken
    offered = {(c.kind, c.name): c.load() for c in registry.components()}
    assert {("extractor", "harmonic-spectra"), ("decoder", "piano-notes")} <= set(offered)


def test_listing_components_imports_neither_numpy_nor_torch():
    code = (
        "import sys, audioml_transcription.plugin as p; [c.name for c in p.components()];"
        "assert not {'numpy', 'torch'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_answering_imports_no_torch():
    code = (
        "import sys, audioml_transcription.features, audioml_transcription.decoder;"
        "assert not {'torch', 'mir_eval', 'music21', 'pyarrow'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
