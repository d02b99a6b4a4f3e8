"""Batches of pairs from a corpus, and going on with them."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import soundfile  # noqa: E402

from audioml.core.errors import UsageError, ValidationError  # noqa: E402
from audioml.train.data import prepare  # noqa: E402
from audioml.train.tasks.embedding.pairs import PairedData  # noqa: E402

RATE = 8000
LENGTHS = {"a/1": 3.0, "a/2": 2.0, "b/1": 2.5, "b/2": 0.4, "c/1": 2.0, "d/1": 1.5}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Return a corpus of six recordings of noise, of a level that says which is which."""
    folder = tmp_path_factory.mktemp("pairs")
    for at, (name, seconds) in enumerate(LENGTHS.items()):
        path = folder / "in" / "train" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = np.full(round(seconds * RATE), 0.1 * (at + 1))
        soundfile.write(path, samples, RATE, subtype="PCM_16")
    prepare(
        source_path=folder / "in",
        destination_path=folder / "corpus",
        parser="folders",
        label_ext=None,
        sample_rate=RATE,
        split="given",
        workers=1,
    )
    return folder / "corpus"


def data_of(corpus, **options):
    settings = {"near": "recording", "window": 0.5, "batch_size": 8, "seed": 3} | options
    return PairedData(corpus, **settings)


def pairs_of(batch):
    half = len(batch["row"]) // 2
    return batch["row"][:half].tolist(), batch["row"][half:].tolist()


def test_without_labels_a_partner_is_of_the_same_recording(corpus) -> None:
    for batch in data_of(corpus).train_dataloader():
        first, second = pairs_of(batch)
        assert first == second
        heard = batch["audio"].abs().amax(1) * 10
        assert torch.equal(heard.round().long() - 1, batch["row"])


def test_partners_begin_elsewhere(corpus) -> None:
    batch = next(iter(data_of(corpus, batch_size=32).train_dataloader()))
    same = batch["start"][:16] == batch["start"][16:]
    assert same.float().mean() < 0.3


def test_a_partner_is_of_the_same_class_where_that_is_near(corpus) -> None:
    data = data_of(corpus, near="class", batch_size=64)
    classes = [name[0] for name in data.prepared.names]
    first, second = pairs_of(next(iter(data.train_dataloader())))
    assert [classes[at] for at in first] == [classes[at] for at in second]
    assert first != second


def test_a_partner_is_what_the_same_users_like(corpus) -> None:
    likes = [(user, name) for user in "12" for name in ("train/a/1", "train/d/1")]
    data = data_of(corpus, interactions=likes, liked_share=1.0, batch_size=64)
    names = data.prepared.names
    swapped = {"train/a/1": "train/d/1", "train/d/1": "train/a/1"}
    for first, second in zip(*pairs_of(next(iter(data.train_dataloader()))), strict=True):
        assert names[second] == swapped.get(names[first], names[first])


def test_likes_that_are_only_measured_by_are_no_part_of_training(corpus) -> None:
    likes = [(user, name) for user in "12" for name in ("train/a/1", "train/d/1")]
    data = data_of(corpus, interactions=likes, liked_share=0.0)
    assert not next(iter(data.train_dataloader()))["liked"].numel()
    assert data_of(corpus, interactions=likes)._reader("train")[[(0, 0)]]["liked"].size


def test_a_recording_shorter_than_a_window_is_padded(corpus) -> None:
    data = data_of(corpus, batch_size=64)
    batch = next(iter(data.train_dataloader()))
    short = batch["row"] == data.prepared.names.index("train/b/2")
    assert short.any()
    assert (batch["valid"][short] == 0.4 * RATE).all()
    assert not batch["padded"][short].any()  # it is all there is of it


def test_the_batches_go_on_where_they_stood(corpus) -> None:
    whole = data_of(corpus, batch_size=4, steps=6)
    expected = [(b["row"].tolist(), b["start"].tolist()) for b in whole.train_dataloader()]
    begun, resumed = data_of(corpus, batch_size=4, steps=2), data_of(corpus, batch_size=4, steps=4)
    found = [(b["row"].tolist(), b["start"].tolist()) for b in begun.train_dataloader()]
    resumed.load_state_dict(begun.state_dict())
    found += [(b["row"].tolist(), b["start"].tolist()) for b in resumed.train_dataloader()]
    assert found == expected


@pytest.mark.parametrize("size", [2, 7])
def test_a_batch_needs_pairs_and_others(corpus, size) -> None:
    with pytest.raises(UsageError, match="must be even and at least 4"):
        data_of(corpus, batch_size=size)


def test_a_split_on_which_nothing_can_be_found_is_refused(tmp_path) -> None:
    for at, name in enumerate(("train/a", "validation/b", "validation/c")):
        path = tmp_path / "in" / name / "1.wav"
        path.parent.mkdir(parents=True)
        soundfile.write(path, np.full(RATE, 0.1 * (at + 1)), RATE)
    given = {"parser": "folders", "label_ext": None, "sample_rate": RATE, "workers": 1}
    prepare(source_path=tmp_path / "in", destination_path=tmp_path / "out", split="given", **given)
    data_of(tmp_path / "out").setup()
    with pytest.raises(ValidationError, match="no recording of it is longer than two windows"):
        data_of(tmp_path / "out", window=0.6).setup()
    with pytest.raises(ValidationError, match="no two recordings of it share their class"):
        data_of(tmp_path / "out", near="class").setup()


def test_what_the_corpus_does_not_know_cannot_be_near(corpus) -> None:
    with pytest.raises(
        UsageError, match=r"'task.near' must be .*, got 'composer'; it has .*artist"
    ):
        data_of(corpus, near="composer").train_dataloader()
    with pytest.raises(ValidationError, match="have no artist; task.near=recording"):
        data_of(corpus, near="artist").train_dataloader()
