"""Training on the piano that is built in: a few recordings, a network of a few numbers."""

import csv
import dataclasses
import pickle

import numpy as np
import pytest
import torch

from audioml.core.errors import IntegrityError, NotFoundError, ValidationError
from audioml_transcription.networks.harmonic import HarmonicNet
from audioml_transcription.synth.dataset import make, opened
from audioml_transcription.synth.recordings import Recipe
from audioml_transcription.training import checkpoint
from audioml_transcription.training.augment import Augmentation
from audioml_transcription.training.averaging import Average
from audioml_transcription.training.fit import LAST, Settings, fit, learning_rate
from audioml_transcription.training.loss import Loss
from audioml_transcription.training.segments import Segments

RECIPE = Recipe(seed=1, seconds=6.0)
SETTINGS = Settings(steps=6, batch=2, warm_up=2, log_every=1, bfloat16=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    list(make(folder, RECIPE, recordings=4, each=2, valid=0.5))
    return folder


@pytest.fixture(scope="module")
def segments(data):
    return Segments(opened(data), frames=40)


def network():
    torch.manual_seed(0)
    return HarmonicNet(width=8, stem=4)


def losses(folder):
    with (folder / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {int(r["step"]): float(r["value"]) for r in rows if r["name"] == "loss"}


def test_a_data_set_is_made_once_and_gone_on_with(data, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in data.glob("part-*")}
    assert len(before) == 2
    list(make(data, RECIPE, recordings=4, each=2, valid=0.5))
    assert {path: path.stat().st_mtime_ns for path in data.glob("part-*")} == before
    list(make(tmp_path, RECIPE, recordings=4, each=2, valid=0.5))
    for one, other in zip(opened(data), opened(tmp_path), strict=True):
        assert (one.samples == other.samples).all()
        assert (one.notes.table == other.notes.table).all()


def test_rows_say_what_is_played(data):
    rows = opened(data)
    assert [row.split for row in rows] == ["train", "train", "valid", "valid"]
    for row in rows:
        assert row.samples.dtype == np.int16
        assert row.notes.end <= len(row.samples) / 16000
        assert (row.notes.offset >= row.keys.offset - 1e-9).all()
        assert row.family == "numpy"


def test_no_data_set_is_said_so(tmp_path):
    with pytest.raises(NotFoundError, match="there is no data set"):
        opened(tmp_path)
    with pytest.raises(ValidationError, match="no recordings"):
        Segments([])


def test_a_step_has_its_batch_whenever_it_is_asked_for(segments):
    one, two = segments.batch(5, 3), segments.batch(5, 3)
    assert (one.samples == two.samples).all()
    assert (one.notes == two.notes).all()
    assert (one.samples != segments.batch(6, 3).samples).any()
    assert one.samples.shape == (3, 39 * 320 + 8192)
    assert one.notes.shape == (3, 5, 40, 88)
    assert one.pedal.shape == (3, 3, 40)


def test_onsets_are_where_the_sound_gets_louder(data):
    rows = [row for row in opened(data) if len(row.notes)]
    batch = Segments(rows, frames=200).batch(0, 8)
    power = (batch.samples[:, 4096:-4096][:, : 199 * 320] ** 2).reshape(8, 199, 320).mean(2)
    rise = np.log(power[:, 2:] + 1e-6) - np.log(power[:, :-2] + 1e-6)
    struck = batch.notes[:, 0].max(axis=2)[:, 1:198] > 0.8
    assert rise[struck].mean() > rise[~struck].mean() + 0.3


def test_augmentation_changes_the_sound_but_neither_its_length_nor_the_given(segments):
    samples = torch.from_numpy(segments.batch(0, 3).samples)
    before = samples.clone()
    one = Augmentation()(samples, torch.Generator().manual_seed(1))
    two = Augmentation()(samples, torch.Generator().manual_seed(1))
    assert one.shape == samples.shape
    assert torch.equal(one, two)
    assert torch.equal(samples, before)
    assert not torch.allclose(one, samples, atol=1e-3)
    assert torch.isfinite(one).all()


def test_the_loss_is_least_for_the_truth(segments):
    batch = segments.batch(1, 2)
    notes, mask, pedal = (torch.from_numpy(x) for x in (batch.notes, batch.mask, batch.pedal))
    true = (torch.logit(notes[:, :4], 1e-4), torch.logit(pedal, 1e-4))
    wrong = (torch.zeros_like(true[0]), torch.zeros_like(true[1]))
    assert Loss()(true, notes, mask, pedal)["loss"] < Loss()(wrong, notes, mask, pedal)["loss"]


def test_what_is_masked_does_not_count(segments):
    batch = segments.batch(1, 2)
    notes, pedal = torch.from_numpy(batch.notes), torch.from_numpy(batch.pedal)
    mask = torch.zeros(2, 40, 88)
    answers = torch.randn(2, 4, 40, 88), torch.randn(2, 3, 40)
    parts = Loss(masked=True)(answers, notes, mask, pedal)
    assert float(parts["onset"]) == float(parts["frame"]) == 0


def test_the_rate_rises_and_falls():
    settings = Settings(steps=100, rate=1.0, warm_up=10)
    rates = [learning_rate(step, settings) for step in range(100)]
    assert int(np.argmax(rates)) in (9, 10)
    assert rates[0] == pytest.approx(0.1)
    assert rates[-1] < 0.02


def test_the_average_follows_the_network():
    net = network()
    average = Average(net, decay=0.5)
    with torch.no_grad():
        net.notes.bias.fill_(1.0)
    for step in range(200):
        average.update(net, step)
    torch.testing.assert_close(average.network.notes.bias, net.notes.bias)


def test_the_crnn_is_trained_by_the_same_loop(data, tmp_path):
    from audioml_transcription.networks.crnn import CRNN, Widths
    from audioml_transcription.networks.logmel import LogMel

    segments = Segments(opened(data), frames=30, hop=160, margin=1024)
    assert segments.batch(0, 2).samples.shape == (2, 29 * 160 + 2048)
    widths = Widths(convolutions=(2, 3, 3, 4), features=5, recurrent=3)
    settings = dataclasses.replace(SETTINGS, steps=2, loss=Loss(masked=True))
    fit(CRNN(widths), segments, tmp_path, settings, front=LogMel(margin=True))
    assert set(losses(tmp_path)) == {1, 2}


def test_training_lowers_the_loss(segments, tmp_path):
    fit(network(), segments, tmp_path, dataclasses.replace(SETTINGS, steps=25, rate=1e-2))
    found = losses(tmp_path)
    assert np.mean([found[s] for s in range(21, 26)]) < 0.8 * found[1]


def test_a_run_that_was_ended_goes_on_as_if_it_had_not_been(segments, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    one = fit(network(), segments, whole, SETTINGS)

    class Ended(Exception):
        pass

    def end(_):
        raise Ended

    saving = dataclasses.replace(SETTINGS, save_every=0.0, evaluate_every=4)
    with pytest.raises(Ended):
        fit(network(), segments, parts, saving, evaluate=end)
    assert checkpoint.load(parts / LAST)["step"] == 3
    two = fit(network(), segments, parts, SETTINGS)
    assert losses(parts) == losses(whole)
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_a_finished_run_is_not_trained_again(segments, tmp_path):
    fit(network(), segments, tmp_path, SETTINGS)
    before = (tmp_path / LAST).read_bytes()
    fit(network(), segments, tmp_path, SETTINGS)
    assert (tmp_path / LAST).read_bytes() == before


def test_a_loss_that_is_no_number_ends_the_run(segments, tmp_path):
    net = network()
    with torch.no_grad():
        net.notes.bias.fill_(float("nan"))
    with pytest.raises(ValidationError, match="the loss is nan at step 0"):
        fit(net, segments, tmp_path, SETTINGS)


class Malicious:
    def __reduce__(self):
        return (print, ("this was run",))


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path, capsys):
    path = tmp_path / LAST
    path.write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(IntegrityError, match="no checkpoint that can be trusted"):
        checkpoint.load(path)
    torch.save({"kind": "audioml-transcription", "network": Malicious()}, path)
    with pytest.raises(IntegrityError, match="no checkpoint that can be trusted"):
        checkpoint.load(path)
    assert "this was run" not in capsys.readouterr().out


def test_a_checkpoint_of_another_task_is_refused(tmp_path):
    torch.save({"kind": "chords"}, tmp_path / LAST)
    with pytest.raises(IntegrityError, match="not a checkpoint of piano transcription"):
        checkpoint.load(tmp_path / LAST)


def test_half_a_checkpoint_is_refused(tmp_path):
    checkpoint.save(tmp_path / LAST, network=network().state_dict())
    (tmp_path / LAST).write_bytes((tmp_path / LAST).read_bytes()[:5000])
    with pytest.raises(IntegrityError, match="no checkpoint that can be trusted"):
        checkpoint.load(tmp_path / LAST)


def test_a_network_is_scored_by_family(data):
    pytest.importorskip("mir_eval")
    from audioml_transcription.training.evaluate import evaluated

    scores = evaluated(network().eval(), opened(data, split="valid"))
    assert {"numpy/onset", "numpy/offset", "numpy/velocity", "numpy/frame", "numpy/pedal"} <= set(
        scores
    )
    assert all(0 <= value <= 1 for value in scores.values())


def heads_of(row, *, spoilt=0.0):
    from audioml_transcription.targets import targets

    frames = len(row.samples) // 320
    made = targets(row.notes, row.pedal, frames=frames, fps=50)
    onset = made.onset * np.float32(0.45)
    onset[:, 80] = np.float32(spoilt) * (np.arange(frames) % 20 == 0)
    return {
        "onset": onset,
        "offset": made.offset,
        "frame": made.frame,
        "velocity": made.velocity,
        "pedal": made.pedal,
    }


def test_thresholds_are_chosen_so_that_scores_are_best(data):
    pytest.importorskip("mir_eval")
    from audioml_transcription.training.tuning import by_family, tuned

    rows = opened(data)
    answers = [heads_of(row, spoilt=0.22) for row in rows]
    chosen = tuned(answers, rows)
    assert 0.22 <= chosen.onset < 0.45
    assert by_family(answers, rows, chosen)["numpy"]["onset"] > 0.97


def test_a_run_becomes_a_model_folder(data, tmp_path):
    for module in ("mir_eval", "onnx", "onnxruntime"):
        pytest.importorskip(module)
    from audioml.core.models.manifest import Manifest
    from audioml_transcription.training.publish import publish

    run, folder = tmp_path / "run", tmp_path / "model"
    net = HarmonicNet()
    checkpoint.save(run / LAST, step=7, average=net.state_dict())
    rows = opened(data, split="valid")
    scores = publish(run, folder, valid=rows, test=rows, version="0.1.0", data="")
    assert set(scores) == {"numpy"}
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "trained for 7 steps" in card
    assert "| numpy |" in card
    assert "Not measured on real recordings" in card
    assert Manifest.read(folder).name == "piano-notes"
    assert (folder / "notes.onnx").stat().st_size < 2e6
