from __future__ import annotations

from tflite_models import small_conv

from audioml.core.testing import BackendExample, checks_for
from audioml_tflite.backend import TFLiteBackend


def test_the_backend_keeps_every_rule(tmp_path):
    path = tmp_path / "model.tflite"
    small_conv(path)
    for check in checks_for(BackendExample(TFLiteBackend(), path)):
        check()
