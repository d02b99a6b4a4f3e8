from __future__ import annotations

import subprocess
import sys

import pytest

from audioml.core.plugins import Registry
from audioml_librosa import plugin

LISTING = """
import sys
from audioml.core.plugins import Registry
from audioml_librosa import plugin
for component in Registry({"librosa": plugin}).components():
    %s
print(*{"librosa", "numba", "scipy"} & set(sys.modules))
"""


@pytest.mark.parametrize(
    "use",
    [
        "component.summary",
        "component.kind == 'estimator' and component.load()().spec",
        "component.kind == 'extractor' and component.load()().stream()",
    ],
)
def test_librosa_is_not_imported_before_there_is_sound(use: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTING % use], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_every_component_loads() -> None:
    registry = Registry({"librosa": plugin})
    assert not registry.broken
    found = {(c.kind, c.name): c.load()() for c in registry.components()}
    assert {name for kind, name in found if kind == "estimator"} == {
        "librosa-beat",
        "librosa-tempo",
        "librosa-onset",
    }
    assert {name for kind, name in found if kind == "extractor"} == {
        "librosa-mel",
        "librosa-cqt",
        "librosa-chroma",
        "librosa-mfcc",
    }
