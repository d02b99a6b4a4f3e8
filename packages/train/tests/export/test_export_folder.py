"""Model folders, from the network to what a command loads."""

from dataclasses import replace

import pytest
import torch

from audioml.core import load
from audioml.core.errors import IntegrityError, UsageError
from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.testing import checks_for
from audioml.train.export import Card, write_folder

MANIFEST = Manifest(
    name="loudness",
    version="1.0",
    task="classification",
    license="Apache-2.0",
    description="quiet or loud",
    rate=8000,
    extractor=Part("pcm", {"rate": 8000, "window": 0.5, "hop": 0.25}),
    decoder=Part("windows", {"hop": 0.25, "labels": ["quiet", "loud"]}),
    runtimes=(Runtime("onnx", "model.onnx"),),
    streaming=True,
    batching="rows",
    answers=("scores",),
    metrics={"accuracy": 0.91},
)

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("audioml_onnx", reason="audioml-onnx is not installed")
pytest.importorskip("audioml_torch", reason="audioml-torch is not installed")


@pytest.fixture
def network():
    torch.manual_seed(2)
    return torch.nn.Sequential(torch.nn.Linear(4000, 2), torch.nn.Softmax(-1))


EXAMPLE = {"samples": 0.1 * torch.randn(2, 4000, generator=torch.Generator().manual_seed(1))}


def test_a_folder_is_what_every_command_runs(network, tmp_path, audioml_home):
    folder = tmp_path / "model"
    card = Card(use="Tests.", limits=("Hears nothing but loudness.",), measured="On noise:")
    manifest = write_folder(network, EXAMPLE, folder, MANIFEST, forms=("onnx", "torch"), card=card)
    assert [r.backend for r in manifest.runtimes] == ["onnx", "torch"]
    assert all(0 <= r.parity < 1e-5 for r in manifest.runtimes)
    assert set(manifest.files) == {"MODEL_CARD.md", "model.onnx", "model.pt2"}
    assert manifest.golden is not None
    model = load(folder)
    assert model.session.runtime.startswith("onnxruntime")
    for check in checks_for(model):
        check()
    only = Manifest.read(folder)
    torch_only = replace(only, runtimes=only.runtimes[1:])
    (folder / "model.json").write_text(torch_only.to_json())
    assert load(folder).session.runtime.startswith("torch")


def test_the_card_says_what_it_was_told_and_what_it_was_not(network, tmp_path):
    card = Card(use="Tests.", limits=("Hears no music.",), measured="On noise:", more={"Odd": "x"})
    write_folder(network, EXAMPLE, tmp_path / "m", MANIFEST, card=card)
    text = (tmp_path / "m" / "MODEL_CARD.md").read_text()
    for words in (
        "# loudness 1.0", "quiet or loud", "Tests.", "- Hears no music.", "mono at 8000 Hz",
        "| accuracy | 0.91 |", "| `onnx` | `model.onnx` | float32 |", "## Odd", "`Apache-2.0`",
        "## Data\n\nNot said by whoever trained it.",
    ):  # fmt: skip
        assert words in text


def test_a_folder_takes_the_place_of_another_only_when_all_is_well(network, tmp_path):
    folder = tmp_path / "m"
    write_folder(network, EXAMPLE, folder, MANIFEST)
    before = (folder / "model.json").read_bytes()
    with pytest.raises(IntegrityError, match="allowed -1"):
        write_folder(network, EXAMPLE, folder, MANIFEST, tolerance=-1.0)
    assert (folder / "model.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    write_folder(network, EXAMPLE, folder, replace(MANIFEST, version="2.0"))
    assert Manifest.read(folder).version == "2.0"


@pytest.mark.parametrize("forms", [(), ("onnx", "coreml")])
def test_forms_that_nobody_knows(network, tmp_path, forms):
    with pytest.raises(UsageError, match="'forms' must be some of onnx, tflite, torch"):
        write_folder(network, EXAMPLE, tmp_path / "m", MANIFEST, forms=forms)
