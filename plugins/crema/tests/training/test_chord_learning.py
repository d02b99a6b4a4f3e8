"""Losses, scores, patches and corpora: what the loop is made of."""

import copy
import json

import numpy as np
import pytest

pytest.importorskip("audioml.train", reason="audioml-train is not installed")
pytest.importorskip("mir_eval", reason="mir_eval is not installed")
torch = pytest.importorskip("torch", reason="torch is not installed")

from omegaconf import OmegaConf  # noqa: E402

from audioml.core.errors import UsageError, ValidationError  # noqa: E402
from audioml.core.values import Annotation  # noqa: E402
from audioml_crema.labels import LABELS  # noqa: E402
from audioml_crema.training.data import ChordData  # noqa: E402
from audioml_crema.training.loss import chord_loss  # noqa: E402
from audioml_crema.training.module import plateau  # noqa: E402
from audioml_crema.training.scoring import FrameAccuracy, Recall, recall  # noqa: E402

SETTINGS = """
source_path: null
rendered: null
split: null
audio_ext: [.wav]
label_ext: [.jams]
namespaces: [chord]
window: 1.0
steps: 3
batch_size: 4
workers: 0
shifts: [-6, 5]
longest: 600
"""
SIZES = {"tag": 170, "pitch": 12, "root": 13, "bass": 13}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus of rendered recordings, and the settings that made it."""
    return opened(
        tmp_path_factory.mktemp("data") / "corpus",
        rendered={"recordings": 6, "seconds": 3.0, "seed": 1},
    )


def opened(path, **given):
    data = OmegaConf.create(SETTINGS)
    data.update({"path": path and str(path), **given})
    cfg = OmegaConf.create({"data": data, "seed": 7})
    found = ChordData(cfg)
    found.prepare_data()
    found.setup("fit")
    return found


def scores(seed=0, shape=(2, 5)):
    generator = torch.Generator().manual_seed(seed)
    return {n: torch.randn(*shape, size, generator=generator) for n, size in SIZES.items()}


def truth(given):
    found = {name: each.argmax(-1) for name, each in given.items() if name != "pitch"}
    return {**found, "pitch": (given["pitch"] > 0).float()}


def test_the_loss_is_the_sum_of_four_means():
    given, labels = scores(0), truth(scores(1))
    softmax = {n: torch.log_softmax(given[n], -1) for n in ("tag", "root", "bass")}
    expected = sum(
        -each.gather(-1, labels[name][..., None]).mean() for name, each in softmax.items()
    )
    tones = given["pitch"].sigmoid()
    expected -= torch.where(labels["pitch"] > 0, tones, 1 - tones).log().mean()
    torch.testing.assert_close(chord_loss(given, labels), expected)


def test_what_is_not_known_does_not_count():
    given, labels = scores(0), truth(scores(1))
    cut = {name: each[:, :3] for name, each in given.items()}
    expected = chord_loss(cut, {name: each[:, :3] for name, each in labels.items()})
    for each in labels.values():
        each[:, 3:] = -1
    torch.testing.assert_close(chord_loss(given, labels), expected)
    nothing = {name: torch.full_like(each, -1) for name, each in labels.items()}
    assert chord_loss(given, nothing) == 0


def test_frames_that_are_right():
    given = scores(0)
    labels = truth(given)
    labels["tag"][0, 0] += 1
    labels["tag"][1] = -1
    metric = FrameAccuracy()
    metric.update(scores=given, labels=labels)
    assert {n: float(v) for n, v in metric.compute().items()} == pytest.approx(
        {"tag": 0.8, "root": 1, "bass": 1}
    )


def test_recordings_count_alike_whatever_their_length():
    metric = Recall()
    for seconds, label in ((1.0, "C:maj"), (9.0, "D:min/b3")):
        reference = {
            "segments": np.array([[0, seconds / 2], [seconds / 2, seconds]]),
            "labels": ["C:maj", "C:7"],
        }
        chords = Annotation("chord", np.array([[0, seconds]]), [label])
        metric.update(reference=reference, chords=chords)
    found = {name: float(value) for name, value in metric.compute().items()}
    # C:maj is root and majmin of both halves, and a tetrad of one; D:min is nothing
    assert found == pytest.approx(
        {"root": 0.5, "majmin": 0.5, "majmin_inv": 0.5, "mirex": 0.5, "tetrads": 0.25}
    )


def test_every_label_can_be_scored():
    spans = np.array([[i, i + 1.0] for i in range(len(LABELS))])
    found = recall({"segments": spans, "labels": LABELS}, Annotation("chord", spans, LABELS))
    assert len(found) == 12
    assert list(found.values()) == pytest.approx([1] * 12)


def test_patches_are_features_with_their_labels(made):
    batches = list(made.train_dataloader())
    assert len(batches) == 3
    for batch in batches:
        assert batch["audio"].shape == (4, 10, 216, 2)
        assert batch["audio"].dtype == torch.float32
        assert batch["audio"].max() <= 0
        labels = batch["labels"]
        assert labels["pitch"].shape == (4, 10, 12)
        assert labels["tag"].dtype == torch.int64
        roots = torch.tensor([[LABELS[t].startswith(("N", "X")) for t in r] for r in labels["tag"]])
        assert torch.equal(labels["root"] == 12, roots)
        heard = labels["root"] < 12
        tones = labels["pitch"].gather(-1, labels["root"].clamp(max=11)[..., None])[..., 0]
        assert tones[heard].all()


def test_batches_follow_from_the_seed_and_go_on_where_they_were_left(made):
    first, again = (list(made.train_dataloader()) for _ in "ab")
    for one, two in zip(first, again, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=0)
    begun = made.train_dataloader()
    stream = iter(begun)
    next(stream)
    going_on = made.train_dataloader()
    going_on.load_state_dict(copy.deepcopy(begun.state_dict()))
    rest = list(going_on)
    assert len(rest) == 2
    for one, two in zip(rest, first[1:], strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=0)


def test_validation_is_on_whole_recordings_as_they_are(made):
    (batch,) = list(made.val_dataloader())
    assert batch["audio"].shape == (1, 32, 216, 2)
    assert batch["reference"]["seconds"] == 3.0
    assert batch["reference"]["labels"]
    assert batch["reference"]["segments"][-1, 1] == 3.0
    (shorter,) = list(opened(made.path, longest=1.0).val_dataloader())
    assert shorter["audio"].shape == (1, 10, 216, 2)
    np.testing.assert_array_equal(shorter["audio"], batch["audio"][:, :10])
    assert shorter["reference"]["seconds"] == pytest.approx(10 * 4096 / 44100)
    assert shorter["reference"]["segments"].max() == shorter["reference"]["seconds"]


def test_a_recording_shorter_than_a_patch_is_padded_with_what_does_not_count(made):
    batch = next(iter(opened(made.path, window=5.0).train_dataloader()))
    assert batch["audio"].shape == (4, 53, 216, 2)
    assert (batch["audio"][:, 32:] == -80).all()
    for labels in batch["labels"].values():
        assert (labels[:, 32:] == -1).all()
        assert not (labels[:, :32] == -1).any()


def test_chords_last_as_long_as_in_the_training_split(made):
    assert 0.8 < made.stay < 1


def test_spectra_are_computed_once_and_anew_when_the_sound_is_another(made, monkeypatch):
    from audioml_crema.training import cache

    monkeypatch.setattr(cache, "log_power", lambda *_: pytest.fail("computed again"))
    opened(made.path)
    monkeypatch.setattr(cache, "_VERSION", 0)
    with pytest.raises(pytest.fail.Exception, match="computed again"):
        opened(made.path)


def jams(path, seconds, labels, namespace="chord"):
    edges = np.linspace(0, seconds, len(labels) + 1)
    rows = [
        {"time": start, "duration": end - start, "value": label, "confidence": 1.0}
        for start, end, label in zip(edges[:-1], edges[1:], labels, strict=True)
    ]
    path.write_text(json.dumps({"annotations": [{"namespace": namespace, "data": rows}]}))


@pytest.fixture
def songs(tmp_path, monkeypatch):
    """Return a function that writes recordings with JAMS beside into a folder."""
    from audioml.core.audio import write
    from audioml.core.testing import sounds

    monkeypatch.setattr("os.cpu_count", lambda: 1)  # three files are not worth a pool

    def written(labels, namespace="chord"):
        folder = tmp_path / "songs"
        for split in ("train", "valid", "test"):
            (folder / split).mkdir(parents=True)
            write(folder / split / f"{split}.wav", sounds.noise(1.0))
            jams(folder / split / f"{split}.jams", 1.0, labels, namespace)
        return folder

    return written


def test_a_folder_of_audio_with_jams_beside_is_learnt_from(songs, tmp_path, caplog):
    found = opened(tmp_path / "corpus", source_path=str(songs(["C:maj", "verse", "G:7"])))
    (batch,) = list(found.test_dataloader())
    assert [LABELS[t] for t in batch["labels"]["tag"][0][[0, 5, -1]]] == ["C:maj", "X", "G:7"]
    assert batch["reference"]["labels"] == ["C:maj", "X", "G:7"]
    assert "labels that are no chords are taken as X: 'verse'" in caplog.text


def test_labels_that_are_no_chords_leave_nothing_to_learn(songs, tmp_path):
    folder = songs(["1", "2"], namespace="beat")
    with pytest.raises(ValidationError, match="has chord labels; expected segments of the name"):
        opened(tmp_path / "corpus", source_path=str(folder))


def test_a_corpus_of_another_rate_is_refused(songs, tmp_path):
    from audioml.train.data import prepare

    prepare(
        source_path=songs(["C"]),
        destination_path=tmp_path / "corpus",
        label_ext=".jams",
        sample_rate=16000,
        align="off",
    )
    with pytest.raises(ValidationError, match="at 16000 Hz, but chords are learnt at 44100 Hz"):
        opened(tmp_path / "corpus")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"shifts": [-7, 0]}, r"'data.shifts' must be two semitones of -6 to 5"),
        ({"shifts": [2, 1]}, r"the lower first, got \[2, 1\]"),
        ({"path": None}, "'data.path' must name the folder of the corpus"),
        (
            {"source_path": "a", "rendered": {"recordings": 3, "seconds": 1}},
            "from 'data.source_path' or from 'data.rendered', not from both",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(given, sentence, tmp_path):
    with pytest.raises(UsageError, match=sentence):
        opened(**{"path": tmp_path / "corpus", **given})


def test_the_rate_falls_where_the_figure_stands_still():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([parameter], lr=1.0)
    schedule = plateau(optimizer, steps=1, patience=2)
    for figure in (0.5, 0.6, 0.6, 0.6):
        schedule.step(figure)
        assert optimizer.param_groups[0]["lr"] == 1
    schedule.step(0.6)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
