import numpy as np
import onnx_models as models
import pytest

from audioml.core import load
from audioml.core.testing import BackendExample, checks_for
from audioml_onnx.backend import OnnxBackend

DESCRIPTION = """
[extractor]
name = "pcm"
params = {rate = 8000, window = 0.5, hop = 0.25}

[decoder]
params.labels = ["quiet", "loud"]
"""


@pytest.mark.parametrize("batch", ["n", 1, 3])
def test_an_estimator_with_an_onnx_model_keeps_every_rule(
    audioml_plugins, audioml_home, tmp_path, random, batch
):
    from audioml.core import plugin as core
    from audioml_onnx import plugin

    audioml_plugins(core=core, onnx=plugin)
    path = tmp_path / "two.onnx"
    kernel, bias = random.normal(size=(4000, 2)).astype("f4"), np.zeros(2, np.float32)
    models.dense(path, kernel, bias, batch=batch)
    path.with_suffix(".toml").write_text(DESCRIPTION)
    model = load(path)
    assert isinstance(model.session, type(OnnxBackend().load(path)))
    for check in [*checks_for(model), *checks_for(BackendExample(OnnxBackend(), path))]:
        check()
