import pytest
import torch_models as models

from audioml.core import load
from audioml.core.testing import BackendExample, checks_for
from audioml_torch.backend import TorchBackend
from audioml_torch.session import TorchSession

DESCRIPTION = """
[extractor]
name = "pcm"
params = {rate = 8000, window = 0.5, hop = 0.25}

[decoder]
params.labels = ["quiet", "loud"]
"""


@pytest.mark.parametrize(("kind", "batch"), [("pt2", True), ("pt2", False), ("pt", True)])
def test_an_estimator_with_a_torch_model_keeps_every_rule(
    audioml_plugins, audioml_home, tmp_path, random, kind, batch
):
    from audioml.core import plugin as core
    from audioml_torch import plugin

    audioml_plugins(core=core, torch=plugin)
    torch = models.torch
    kernel = torch.tensor(random.normal(size=(4000, 2)).astype("f4") / 64)
    network, path = models.Dense(kernel, torch.zeros(2)), tmp_path / f"two.{kind}"
    if kind == "pt":
        models.script(path, network, torch.zeros(3, 4000))
    else:
        models.program(path, network, torch.zeros(3, 4000), batch=batch)
    path.with_suffix(".toml").write_text(DESCRIPTION)
    model = load(path, threads=1)  # several are libgomp's, which hang after a fork
    feeds = {"audio": random.normal(size=(3, 4000)).astype("f4")}
    assert isinstance(model.session, TorchSession)
    for check in [*checks_for(model), *checks_for(BackendExample(TorchBackend(), path, feeds))]:
        check()
