"""A network becomes a model folder that keeps every rule of an estimator."""

import numpy as np
import pytest
import torch

from audioml.core.models.load import assemble, check
from audioml.core.models.manifest import Manifest
from audioml.core.plugins import Registry, using
from audioml.core.testing.checks import checks_for
from audioml.core.values import Audio
from audioml_onnx import plugin as onnx_plugin
from audioml_transcription import plugin
from audioml_transcription.decoding import Thresholds
from audioml_transcription.networks.harmonic import HarmonicNet
from audioml_transcription.task.answering import heads_of, logits_of
from audioml_transcription.task.families import family_of
from audioml_transcription.task.folder import write

FAMILY = family_of({"network": {"name": "harmonic"}})
PLUGINS = Registry({"transcription": plugin, "onnx": onnx_plugin})


@pytest.fixture(autouse=True, scope="module")
def only_what_is_needed():
    with using(PLUGINS):
        yield


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    net = HarmonicNet(width=8, stem=4).eval()
    net.notes.bias.data[:] = torch.tensor([0.2, 0.0, 1.0, 0.0])
    net.notes.weight.data *= 20
    return net


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("here") / "model"
    called = {"name": "piano-notes", "version": "0.1.0", "card": "# Card\n"}
    write(network, FAMILY, path, thresholds=Thresholds(onset=0.5), figures={"x": 0.5}, **called)
    return path


@pytest.fixture(scope="module")
def model(folder):
    return assemble(folder, Manifest.read(folder), plugins=PLUGINS)


def test_every_rule_of_an_estimator_holds(model):
    for rule in checks_for(model):
        rule()


def test_the_self_test_passes(folder):
    check(folder, Manifest.read(folder), plugins=PLUGINS)


def test_the_weights_to_begin_with_are_those_of_the_network(folder, network):
    manifest = Manifest.read(folder)
    assert manifest.files["weights.npz"].bytes == (folder / "weights.npz").stat().st_size
    assert manifest.metrics == {"x": 0.5}
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        assert set(arrays.files) == set(network.state_dict())
        for name, value in network.state_dict().items():
            assert arrays[name].dtype == (np.float32 if value.is_floating_point() else np.int64)
            assert (arrays[name] == value.numpy()).all()


def test_windows_are_stitched_as_if_there_were_none(model, network):
    samples = np.random.default_rng(0).normal(0, 0.1, 24 * 16000).astype(np.float32)
    rows = model.transform(Audio(samples, 16000))
    assert len(rows) == 3
    outputs = model.run(rows)
    from audioml_transcription.features import NAME, HarmonicSpectra

    whole = next(HarmonicSpectra(length=10**6).rows(Audio(samples, 16000)))
    expected = model.session.run({NAME: whole.tensors[NAME]})
    for name, head in outputs.items():
        joined = np.concatenate(list(head[:, 64:-64]))
        np.testing.assert_allclose(joined, expected[name][0, 64:-64], atol=1e-4, err_msg=name)
    trained = heads_of(logits_of(network, FAMILY, samples), FAMILY).notes[0]
    np.testing.assert_allclose(trained, expected["onset"][0, 64 : 64 + len(trained)], atol=1e-4)


def test_notes_have_velocities_and_lie_in_the_recording(model):
    samples = np.random.default_rng(0).normal(0, 0.1, 3 * 16000).astype(np.float32)
    notes = model.predict(Audio(samples, 16000, start=5.0))["notes"]
    assert len(notes) > 10
    assert notes.namespace == "note_midi"
    assert notes.intervals.min() >= 5
    assert notes.intervals.max() <= 8
    assert ((notes.attributes["velocity"] >= 1) & (notes.attributes["velocity"] <= 127)).all()
    assert set(notes.values) <= set(range(21, 109))


def test_the_threshold_is_the_callers(model):
    samples = np.random.default_rng(0).normal(0, 0.1, 3 * 16000).astype(np.float32)
    counts = [
        len(model.configured(threshold=t).predict(Audio(samples, 16000))["notes"])
        for t in (0.01, 0.5, 0.99)
    ]
    assert counts[0] > counts[2]
    assert counts[0] >= counts[1] >= counts[2]
