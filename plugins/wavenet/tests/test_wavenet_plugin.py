import subprocess
import sys

import pytest

from audioml.core.errors import UsageError
from audioml.core.plugins import Registry
from audioml_wavenet import generator, plugin


def test_every_component_loads():
    registry = Registry({"wavenet": plugin})
    assert not registry.broken
    offered = {(c.kind, c.name) for c in registry.components()}
    assert offered >= {
        *((kind, "wavenet") for kind in ("model", "generator", "task")),
        ("importer", "cs205"),
    }
    for component in registry.components():
        if not component.missing:
            assert component.load()


def test_nothing_heavy_is_imported_before_a_song_begins():
    code = (
        "import sys, audioml_wavenet.plugin as p; [c.name for c in p.components()];"
        "assert 'numpy' not in sys.modules;"
        "import audioml_wavenet.generator, audioml_wavenet.cs205.importer;"
        "assert not {'numba', 'llvmlite', 'h5py', 'torch'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_kind_of_model_is_no_model():
    with pytest.raises(UsageError, match="'wavenet' is a kind of model: name a model folder"):
        generator.build()
