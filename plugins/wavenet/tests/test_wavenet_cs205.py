"""Networks of CS205-Waveforms: tiny ones as their code makes them, and those they published."""

import json
from dataclasses import replace

import numpy as np
import pytest
import wavenet_tiny

pytest.importorskip("h5py", reason="h5py is not installed")

from audioml.core import load
from audioml.core.corpus.encoding import encode
from audioml.core.errors import IntegrityError, UsageError
from audioml.core.models.importing import Importer, find_importer
from audioml.core.models.manifest import Manifest
from audioml.core.plugins import Registry
from audioml.core.stages import GenerationOptions
from audioml.core.testing import sounds
from audioml_wavenet import plugin
from audioml_wavenet.cs205.importer import IMPORTER
from audioml_wavenet.cs205.network import as_in_their_loop, read_network
from audioml_wavenet.engine import Sampling, uniforms
from audioml_wavenet.reference import forward

NAMES = ("basic_model_v2", "basic_model_nf16_ns64")


@pytest.fixture(params=NAMES)
def published(request, reference_data):
    """One of their networks, all of whose layers are summed; what Keras answers; their loop."""
    folder = reference_data / "wavenet"
    files = [folder / f"{request.param}{suffix}" for suffix in (".json", ".h5")]
    answers, loop = (
        np.load(folder / f"{request.param}_{what}.npz", allow_pickle=False)
        for what in ("ref", "gen")
    )
    return as_in_their_loop(read_network(*files, every=True)), answers, loop


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("skips", [False, True])
def test_a_network_answers_as_its_graph_says(tmp_path, residual, skips):
    files = wavenet_tiny.write_cs205(tmp_path, residual=residual, skips=skips)
    if residual and not skips:
        with pytest.raises(IntegrityError, match="its head hears 'add_2', which is no sum"):
            read_network(*files)
        return
    x = np.random.default_rng(0).integers(1, 257, 60)
    found = forward(read_network(*files), x - 1)
    np.testing.assert_allclose(found, wavenet_tiny.run_cs205(*files, x), atol=1e-5)


def test_every_layer_may_have_a_part_in_the_sum(tmp_path):
    graph, kept = wavenet_tiny.write_cs205(tmp_path)
    found = forward(read_network(graph, kept, every=True), np.arange(50))
    nodes = json.loads(graph.read_text())
    for node in nodes["config"]["layers"]:
        if node["class_name"] == "Add":
            node["inbound_nodes"][0].append(["conv1d_2", 0, 0, {}])
    graph.write_text(json.dumps(nodes))
    wanted = wavenet_tiny.run_cs205(graph, kept, np.arange(1, 51))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_two_files_become_a_model(tmp_path, audioml_home):
    files = wavenet_tiny.write_cs205(tmp_path)
    found = find_importer(files, plugins=Registry({"wavenet": plugin}))
    assert found is IMPORTER
    assert isinstance(found, Importer)
    folder = tmp_path / "made"
    folder.mkdir()
    found.write(files[::-1], folder, options={"rate": "11025", "license": "MIT", "version": "3"})
    manifest = Manifest.read(folder)
    assert (manifest.kind, manifest.name, manifest.version) == ("generator", "cs205-x", "3")
    assert (manifest.rate, manifest.license, manifest.task) == (11025, "MIT", "song")
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith("# cs205-x 3\n")
    assert "{" not in card
    options = GenerationOptions(0.1, prompt=sounds.noise(0.01, rate=11025))
    ours, theirs = (
        next(iter(load(folder).start(replace(options, extra=extra))))
        for extra in ({}, {"compat": "cs205"})
    )
    assert ours.samples.shape == theirs.samples.shape == (1, 1102)
    assert ours.samples[0, 0] == theirs.samples[0, 0]  # both have heard the same prompt
    assert not np.array_equal(ours.samples, theirs.samples)


def test_a_state_goes_on_in_the_loop_that_it_is_of(tmp_path, audioml_home):
    folder = tmp_path / "made"
    folder.mkdir()
    IMPORTER.write(wavenet_tiny.write_cs205(tmp_path), folder, options={})
    model, compat = load(folder), {"compat": "cs205"}
    (whole,) = model.start(GenerationOptions(0.1, extra=compat))
    begun = model.start(GenerationOptions(0.03, extra=compat))
    (first,) = begun
    extra = {**compat, "state": begun.state}
    (second,) = model.start(GenerationOptions(0.07, extra=extra))
    parts = [first.samples, second.samples]
    assert np.array_equal(np.concatenate(parts, axis=1), whole.samples)
    with pytest.raises(UsageError, match="began with compat='cs205'"):
        model.start(GenerationOptions(0.07, extra={"state": begun.state}))


def test_in_their_loop_a_class_is_fed_back_as_it_was_drawn(tmp_path, audioml_home):
    files = wavenet_tiny.write_cs205(tmp_path)
    folder = tmp_path / "made"
    folder.mkdir()
    IMPORTER.write(files, folder, options={})
    model = load(folder)
    options = GenerationOptions(0.05, seed=2, extra={"compat": "cs205"})
    (block,) = model.start(options)
    made = encode(block.samples[0], "mulaw").astype(int)
    heard = np.concatenate([np.full(model.receptive_field, 129), made[:-1]])
    logits = wavenet_tiny.run_cs205(*files, heard)[model.receptive_field - 1 :]
    assert np.array_equal(made, wavenet_tiny.expected_tokens(logits, uniforms(2, 0, 400)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"colour": "red"}, "has no setting 'colour' .it has: license, rate, sum, version"),
        ({"rate": "fast"}, "'rate' is in Hz, from 100 to 192000, got 'fast'"),
        ({"rate": "0"}, "'rate' is in Hz"),
        ({"sum": "some"}, "'sum' is graph or all, got 'some'"),
    ],
)
def test_settings_that_make_no_sense(tmp_path, options, said):
    with pytest.raises(UsageError, match=said):
        IMPORTER.write(wavenet_tiny.write_cs205(tmp_path), tmp_path, options=options)


def test_files_that_are_not_a_network(tmp_path):
    graph, kept = wavenet_tiny.write_cs205(tmp_path)
    assert not IMPORTER.recognises([graph])
    assert not IMPORTER.recognises([graph, graph])
    other = tmp_path / "other.json"
    for text in ("[]", "{", '{"config": {"layers": [{"class_name": "Dense"}]}}'):
        other.write_text(text)
        assert not IMPORTER.recognises([other, kept])
    with pytest.raises(UsageError, match="in two files: name the .json and .h5"):
        IMPORTER.write([kept], tmp_path, options={})


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"padding": "same"}, "'conv1d_1' hears the future .padding 'same'."),
        ({"layers": 0}, "is not a network as CS205-Waveforms makes them"),
    ],
)
def test_graphs_that_cannot_be_walked(tmp_path, made, said):
    with pytest.raises(IntegrityError, match=said):
        read_network(*wavenet_tiny.write_cs205(tmp_path, **made))


def test_damaged_files(tmp_path):
    import h5py

    graph, kept = wavenet_tiny.write_cs205(tmp_path)
    text, whole = graph.read_text(), kept.read_bytes()
    graph.write_text(text.replace("Multiply", "LSTM"))
    with pytest.raises(IntegrityError, match="it has a LSTM"):
        read_network(graph, kept)
    graph.write_text(text[:-5])
    with pytest.raises(IntegrityError, match="not a network as Keras 2 wrote it"):
        read_network(graph, kept)
    graph.write_text(text.replace('"conv1d_4"', '"conv1d_x"', 1))
    with pytest.raises(IntegrityError, match="is not a network|lacks"):
        read_network(graph, kept)
    graph.write_text(text)
    kept.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IntegrityError, match="does not hold weights"):
        read_network(graph, kept)
    kept.write_bytes(whole)
    with h5py.File(kept, "a") as file:
        names = list(file.attrs["layer_names"])
        file.attrs["layer_names"] = [name for name in names if name != "conv1d_4"]
    with pytest.raises(IntegrityError, match="lacks the weights of 'conv1d_4'"):
        read_network(graph, kept)


def test_weights_of_another_network(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    graph, _ = wavenet_tiny.write_cs205(tmp_path / "one")
    _, kept = wavenet_tiny.write_cs205(tmp_path / "other", gates=(5, 5), layers=3)
    import h5py

    with h5py.File(kept, "a") as file:
        del file["conv1d_2/conv1d_2/bias:0"]
        file["conv1d_2/conv1d_2/bias:0"] = np.zeros(9, np.float32)
    with pytest.raises(IntegrityError, match="does not hold the weights of"):
        read_network(graph, kept)


@pytest.mark.parity
def test_published_networks_answer_as_in_keras(published, make_songs):
    network, answers, _ = published
    x = answers["x"][..., 0]
    wanted = np.stack([forward(network, each) for each in x])
    chances = np.exp(wanted - wanted.max(axis=-1, keepdims=True))
    chances /= chances.sum(axis=-1, keepdims=True)
    assert np.abs(chances - answers["softmax"]).max() < 1e-5
    begun = make_songs(network, [None] * len(x))
    begun.last[:] = x[:, 0]
    told = begun.feed(x[:, 1:], logits=True)
    # of logits up to 165, float32 keeps that much, in whatever order it adds
    assert np.abs(told - wanted[:, :-1]).max() < 1e-6 * np.abs(wanted).max()


@pytest.mark.parity
def test_published_networks_make_the_very_samples_of_their_loop(published, make_songs):
    network, _, loop = published
    begun = make_songs(network)
    begun.feed(loop["seed"][np.newaxis])
    made = begun.draw(loop["uniforms"][np.newaxis], [Sampling()])
    assert np.array_equal(made[0], loop["tokens"])
