"""What a step of training is made of: segments, augmentation, loss; and that it is learnt from."""

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate
from transcription_tiny import CRNN, SMALL, plugins, settings

from audioml.core.errors import ValidationError
from audioml.core.plugins import Registry, using
from audioml_transcription.synth.dataset import make, opened
from audioml_transcription.synth.recordings import Recipe
from audioml_transcription.targets import targets
from audioml_transcription.task.building import module
from audioml_transcription.task.colours import Colours
from audioml_transcription.task.families import family_of
from audioml_transcription.task.loss import Loss
from audioml_transcription.task.module import _middle
from audioml_transcription.task.segments import Segments

FAMILY = family_of({"network": {"name": "harmonic"}})


@pytest.fixture(autouse=True)
def only_what_is_needed():
    with using(Registry(plugins())):
        yield


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    list(make(folder, Recipe(seed=1, seconds=6.0), recordings=4, each=2, valid=0))
    return opened(folder)


@pytest.fixture(scope="module")
def segments(rows):
    return Segments(rows, family=FAMILY, frames=40, items=8)


def batch(segments, count):
    return default_collate([segments.numbered(number) for number in range(count)])


def test_a_number_has_its_segment_whenever_it_is_asked_for(segments):
    one, two, other = (segments.numbered(number) for number in (5, 5, 6))
    assert (one["audio"] == two["audio"]).all()
    assert all((one["labels"][n] == two["labels"][n]).all() for n in one["labels"])
    assert (one["audio"] != other["audio"]).any()
    assert one["audio"].shape == (39 * 320 + 8192,)
    assert one["labels"]["onset"].shape == (40 + 2 * 13, 88)  # the margin of half a long window
    assert one["labels"]["pedal"].shape == (40 + 2 * 13, 3)


def test_the_labels_are_those_of_the_samples(rows):
    (row,) = rows[:1]
    item = Segments([row], family=FAMILY, frames=40, items=1).numbered(7)
    middle = item["audio"][4096:-4096]
    starts = range(0, len(row.samples) - len(middle), FAMILY.hop)
    alike = [np.corrcoef(row.samples[s : s + len(middle)], middle)[0, 1] for s in starts]
    best = int(np.argmax(alike))
    assert alike[best] > 0.999
    there = targets(row.notes, row.pedal, frames=40, fps=50, start=best / 50)
    np.testing.assert_allclose(item["labels"]["onset"][13:53], there.onset, atol=1e-5)
    np.testing.assert_allclose(item["labels"]["pedal"][13:53], there.pedal, atol=1e-5)


def test_onsets_are_where_the_sound_gets_louder(rows):
    found = batch(Segments(rows, family=FAMILY, frames=200, items=8), 8)
    audio = found["audio"].numpy()[:, 4096:-4096][:, : 199 * 320]
    power = (audio**2).reshape(8, 199, 320).mean(2)
    rise = np.log(power[:, 2:] + 1e-6) - np.log(power[:, :-2] + 1e-6)
    struck = found["labels"]["onset"].numpy()[:, 13:213].max(axis=2)[:, 1:198] > 0.8
    assert rise[struck].mean() > rise[~struck].mean() + 0.3


def test_no_recordings_are_said_so():
    with pytest.raises(ValidationError, match="no recordings"):
        Segments([], family=FAMILY, frames=40, items=1)


def test_augmentation_changes_the_sound_but_neither_its_length_nor_the_given(segments):
    given = batch(segments, 3)
    samples, before = given["audio"], given["audio"].clone()
    change = Colours()
    torch.manual_seed(1)
    one, labels = change(samples, given["labels"])
    torch.manual_seed(1)
    two, _ = change(samples, given["labels"])
    assert one.shape == samples.shape
    assert torch.equal(one, two)
    assert torch.equal(samples, before)
    assert labels is given["labels"]
    assert not torch.allclose(one, samples, atol=1e-3)
    assert torch.isfinite(one).all()
    assert torch.equal(change.eval()(samples, labels)[0], before)  # only in training


def test_the_loss_is_least_for_the_truth(segments):
    notes, mask, pedal = _middle(batch(segments, 2)["labels"], 40)
    true = (torch.logit(notes[:, :4], 1e-4), torch.logit(pedal, 1e-4))
    wrong = (torch.zeros_like(true[0]), torch.zeros_like(true[1]))
    assert Loss()(true, notes, mask, pedal)["loss"] < Loss()(wrong, notes, mask, pedal)["loss"]


def test_what_is_masked_does_not_count(segments):
    notes, mask, pedal = _middle(batch(segments, 2)["labels"], 40)
    answers = torch.randn(2, 4, 40, 88), torch.randn(2, 3, 40)
    parts = Loss(masked=True)(answers, notes, torch.zeros_like(mask), pedal)
    assert float(parts["onset"]) == float(parts["frame"]) == 0
    assert float(Loss()(answers, notes, torch.zeros_like(mask), pedal)["onset"]) > 0


@pytest.mark.parametrize("kind", [SMALL, CRNN], ids=["harmonic", "crnn"])
def test_what_is_trained_on_is_learnt(kind, rows, tmp_path):
    torch.manual_seed(0)
    made = module(settings(*kind, folder=tmp_path)).train()
    segments = Segments(rows, family=made.family, frames=30, items=2)
    given = batch(segments, 2)
    optimizer = torch.optim.AdamW(made.network.parameters(), lr=1e-2)
    losses = []
    for _ in range(20):
        loss, _ = made.step(given, "train")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < 0.8 * losses[0]
