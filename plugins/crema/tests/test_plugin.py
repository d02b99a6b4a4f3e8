import subprocess
import sys

from audioml.core.plugins import Registry
from audioml_crema import plugin


def test_every_component_loads():
    registry = Registry({"crema": plugin})
    assert not registry.broken
    offered = {(c.kind, c.name): c.missing or c.load() for c in registry.components()}
    assert set(offered) == {
        ("model", "crema-chord"),
        ("extractor", "crema-hcqt"),
        ("backend", "crema"),
        ("decoder", "crema-chord"),
        ("task", "chords"),
    }


def test_listing_models_imports_no_numpy():
    code = (
        "import sys, audioml_crema.plugin as p; [c.name for c in p.components()];"
        "import audioml_crema.model; assert audioml_crema.model.CHORD.metrics;"
        "assert not {'numpy', 'h5py'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_naming_the_task_imports_no_torch():
    code = (
        "import sys; from audioml_crema.training.task import Chords; assert Chords().config;"
        "assert not {'torch', 'lightning', 'hydra', 'audioml.train'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
