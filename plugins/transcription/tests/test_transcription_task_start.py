"""Networks that start from weights, and settings that do not hold together."""

import numpy as np
import pytest
import torch
from transcription_tiny import CRNN, SMALL, plugins, settings

from audioml.core.errors import IntegrityError, UntrustedError, UsageError
from audioml.core.plugins import Registry, using
from audioml.train.export import exportable, write_onnx
from audioml_transcription.networks.crnn import CRNN as Network
from audioml_transcription.networks.crnn import Widths
from audioml_transcription.networks.harmonic import HarmonicNet, Probabilities
from audioml_transcription.networks.logmel import LogMel
from audioml_transcription.task.building import module
from audioml_transcription.task.families import family_of, network_of
from audioml_transcription.task.schedules import stairs
from audioml_transcription.training import checkpoint

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


def test_weights_of_the_plain_loop_and_of_a_run_are_known(tmp_path):
    torch.manual_seed(4)
    net = HarmonicNet(width=8, stem=4)
    checkpoint.save(tmp_path / "last.pt", average=net.state_dict())
    made = module(settings(*SMALL, f"task.weights={tmp_path}/last.pt", folder=tmp_path))
    assert same(made.network, net)
    state = {f"average.{name}": value for name, value in net.state_dict().items()}
    about = {"schema": 1, "task": "transcription", "config": {}}
    torch.save({"audioml": about, "state_dict": state}, tmp_path / "best.ckpt")
    made = module(settings(*SMALL, f"task.weights={tmp_path}/best.ckpt", folder=tmp_path))
    assert same(made.network, net)


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
    from audioml_transcription.training.augment import Augmentation
    from audioml_transcription.training.fit import Settings
    from audioml_transcription.training.loss import Loss

    cfg = settings("task=transcription", "experiment=shipped", folder=tmp_path)
    usual = Settings()
    model = cfg.model
    assert (cfg.data.batch_size, model.frames, model.ema) == (usual.batch, 200, usual.average)
    assert model.optimizer.lr == usual.rate
    assert model.optimizer.weight_decay == usual.decay
    assert (model.schedule.warm_up, model.schedule.floor) == (usual.warm_up, 0.01)
    assert cfg.trainer.gradient_clip_val == usual.clip
    assert cfg.trainer.precision == "bf16-mixed"
    weights = Loss(**cfg.model.loss)
    assert (weights.onset, weights.offset, weights.frame) == (2.0, 1.0, 1.0)
    given = {name: value for name, value in cfg.augmentation.items() if name != "_target_"}
    assert Augmentation(**given) == Augmentation()
    net = network_of(cfg.model)
    assert same_shapes(net, HarmonicNet())


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
