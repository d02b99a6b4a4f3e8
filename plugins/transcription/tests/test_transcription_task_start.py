"""Networks that start from weights, and settings that do not hold together."""

import shutil
import sys

import numpy as np
import pytest
import torch
from transcription_tiny import CRNN, SMALL, plugins, settings

from audioml.core.errors import IntegrityError, NotFoundError, UntrustedError, UsageError
from audioml.core.models.manifest import Manifest
from audioml.core.models.published import Published
from audioml.core.models.write import write_manifest
from audioml.core.plugins import Component, Registry, hookimpl, using
from audioml.train.export import exportable, write_onnx
from audioml_transcription.decoding import Thresholds
from audioml_transcription.networks.crnn import CRNN as Network
from audioml_transcription.networks.crnn import Widths
from audioml_transcription.networks.harmonic import HarmonicNet, Probabilities
from audioml_transcription.networks.logmel import LogMel
from audioml_transcription.task.building import module
from audioml_transcription.task.families import family_of, network_of
from audioml_transcription.task.folder import write
from audioml_transcription.task.schedules import stairs

TINY = Widths((2, 3, 3, 4), 5, 3)


@pytest.fixture(autouse=True)
def only_what_is_needed():
    with using(Registry(plugins())):
        yield


@pytest.fixture
def network():
    torch.manual_seed(3)
    return Network(TINY).eval()


def same(one, other):
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[n], theirs[n]) for n in ours)


def test_the_crnn_starts_from_weights_as_its_authors_publish_them(network, tmp_path):
    parts = {name: getattr(network, name).state_dict() for name in ("note_model", "pedal_model")}
    torch.save({"model": parts, "iteration": 300000}, tmp_path / "kong.pth")
    made = module(settings(*CRNN, f"task.weights={tmp_path}/kong.pth", folder=tmp_path))
    assert same(made.network, network)


def test_weights_of_a_run_are_known(tmp_path):
    torch.manual_seed(4)
    net = HarmonicNet(width=8, stem=4)
    state = {f"average.{name}": value for name, value in net.state_dict().items()}
    about = {"schema": 1, "task": "transcription", "config": {}}
    torch.save({"audioml": about, "state_dict": state}, tmp_path / "best.ckpt")
    made = module(settings(*SMALL, f"task.weights={tmp_path}/best.ckpt", folder=tmp_path))
    assert same(made.network, net)
    assert same(made.evaluated, net)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A model folder as this task writes it, and the network that is in it."""
    torch.manual_seed(5)
    net = HarmonicNet(width=8, stem=4).eval()
    folder = tmp_path_factory.mktemp("exported") / "model"
    family = family_of({"network": {"name": "harmonic"}})
    called = {"name": "tiny-notes", "version": "1", "thresholds": Thresholds(), "figures": {}}
    with using(Registry(plugins())):
        write(net, family, folder, **called)
    return folder, net


def test_a_model_folder_is_begun_with(exported, tmp_path):
    folder, net = exported
    made = module(settings(*SMALL, f"task.weights={folder}", folder=tmp_path))
    assert same(made.network, net)
    with pytest.raises(UsageError, match="differ in 'stem"):
        module(settings(*SMALL, f"task.weights={folder}", "model.network.stem=8", folder=tmp_path))


def test_a_model_is_begun_with_by_its_name(exported, tmp_path, audioml_home, monkeypatch):
    folder, net = exported

    def put(fetched, into):
        shutil.copytree(folder, into, dirs_exist_ok=True)

    class Here:
        PUBLISHED = Published(
            name="tiny-notes", version="1", license="Apache-2.0", description="", origins=(),
            write=put, task="small", answers=("note_midi", "pedal"),
        )  # fmt: skip

        @hookimpl
        def components(self):
            yield Component("model", "tiny-notes", "tiny_notes:PUBLISHED", "small", task="small")

    monkeypatch.setitem(sys.modules, "tiny_notes", Here)
    with using(Registry({**plugins(), "here": Here()})):
        for name in ("small", "tiny-notes"):
            made = module(settings(*SMALL, f"task.weights={name}", folder=tmp_path))
            assert same(made.network, net)


def test_a_model_without_weights_or_with_others_is_refused(exported, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(exported[0], folder)
    cfg = settings(*SMALL, f"task.weights={folder}", folder=tmp_path)
    np.savez(folder / "weights.npz", x=np.zeros(1, np.float32))
    with pytest.raises(IntegrityError, match="weights.npz is not the file that model.json"):
        module(cfg)
    manifest = Manifest.read(folder)
    write_manifest(folder, manifest)
    with pytest.raises(UsageError, match="holds another network than model=harmonic"):
        module(cfg)
    np.savez(folder / "weights.npz", x=np.array([print]))
    write_manifest(folder, manifest)
    with pytest.raises(IntegrityError, match="holds no weights"):
        module(cfg)
    (folder / "weights.npz").unlink()
    write_manifest(folder, manifest)
    with pytest.raises(UsageError, match="tiny-notes in .* comes without weights to begin with"):
        module(cfg)
    with pytest.raises(NotFoundError, match="no model is called 'violin'"):
        module(settings(*SMALL, "task.weights=violin", folder=tmp_path))
    with pytest.raises(NotFoundError, match="there is no checkpoint"):
        module(settings(*SMALL, "task.weights=no.ckpt", folder=tmp_path))


def test_a_run_that_goes_on_needs_no_weights_to_begin_with(tmp_path):
    gone = ("task.weights=gone.ckpt", "ckpt_path=last.ckpt")
    assert module(settings(*SMALL, *gone, folder=tmp_path)).network.width == 8


def test_weights_of_something_else_are_refused(network, tmp_path):
    path = tmp_path / "other.pth"
    cfg = settings(*CRNN, f"task.weights={path}", folder=tmp_path)
    torch.save({"audioml": {"task": "chords", "config": {}}}, path)
    with pytest.raises(UsageError, match="of the task 'chords'"):
        module(cfg)
    torch.save({"model": {"encoder.weight": torch.zeros(1)}}, path)
    with pytest.raises(IntegrityError, match=r"other.pth: .* high-resolution piano transcriber"):
        module(cfg)
    torch.save({"model": {"note_model": network.note_model.state_dict()}}, path)
    with pytest.raises(UsageError, match="differ in 'pedal_model"):
        module(cfg)
    torch.save({"model": {"x": print}}, path)
    with pytest.raises(UntrustedError, match="would run code"):
        module(cfg)
    torch.save({"model": {}}, path)
    with pytest.raises(UsageError, match="no checkpoint of the network 'harmonic'"):
        module(settings(*SMALL, f"task.weights={path}", folder=tmp_path))


def test_a_model_without_a_network_is_refused(tmp_path):
    with pytest.raises(UsageError, match="say model=harmonic or model=crnn"):
        family_of({})
    with pytest.raises(UsageError, match="'harmonic' cannot be made: .*'wide'"):
        network_of({"network": {"name": "harmonic", "wide": 3}})


def test_the_shipped_model_is_trained_by_these_settings(tmp_path):
    cfg = settings("task=transcription", "experiment=shipped", folder=tmp_path)
    assert (cfg.model.frames, cfg.model.ema) == (200, 0.999)
    assert cfg.augmentation._target_.endswith(".Colours")
    assert same_shapes(network_of(cfg.model), HarmonicNet())


def test_the_shipped_model_is_adapted_by_small_steps(tmp_path):
    cfg = settings("task=transcription", "experiment=adapt", "data.path=mine", folder=tmp_path)
    assert cfg.task.weights == "notes"
    assert cfg.data.train.prepared.path == "mine"
    usual = settings("task=transcription", folder=tmp_path)
    assert cfg.model.network == usual.model.network
    assert cfg.model.optimizer.lr < usual.model.optimizer.lr


def same_shapes(one, other):
    return [p.shape for p in one.parameters()] == [p.shape for p in other.parameters()]


def test_the_rate_of_the_crnn_falls_in_stairs():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = stairs(optimizer, steps=25, every=10, factor=0.5)
    rates = []
    for _ in range(25):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert rates == [1.0] * 10 + [0.5] * 10 + [0.25] * 5


def test_the_features_of_the_crnn_are_those_of_the_extractor(tmp_path):
    from audioml.core.values import Audio
    from audioml_transcription.task.families import family_of

    part = family_of({"network": {"name": "crnn"}}).extractor
    extractor = plugins()["core"]  # found as any command finds it
    extractor = Registry({"core": extractor}).find("extractor", part.name).load()(**part.params)
    samples = np.random.default_rng(0).normal(0, 0.1, 160000).astype(np.float32)
    (row,) = extractor(Audio(samples, 16000)).tensors["logmel"]
    found = LogMel()(torch.from_numpy(samples)[None])[0].numpy()
    assert row.shape == found.shape == (1001, 229)
    np.testing.assert_allclose(row, found, atol=2e-3)  # dB


def test_the_recurrent_layers_keep_their_length_open_in_onnx(network, tmp_path):
    from audioml_onnx.backend import OnnxBackend

    made = exportable(
        Probabilities(network),
        {"logmel": torch.randn(2, 20, 229)},
        outputs=Probabilities.names,
        moving={"logmel": {0: "rows", 1: "frames"}},
    )
    write_onnx(made, tmp_path / "crnn.onnx")
    session = OnnxBackend().load(tmp_path / "crnn.onnx")
    for rows, frames in ((2, 20), (1, 33), (3, 7)):
        mels = torch.randn(rows, frames, 229)
        found = session.run({"logmel": mels.numpy()})
        for name, expected in made.answers([mels]).items():
            np.testing.assert_allclose(found[name], expected.numpy(), atol=1e-4)
