"""Labels move as the sound moved."""

import pytest
import torch

from audioml.core.errors import UsageError
from audioml.train.augment import PitchShift, TimeStretch
from audioml.train.augment.resample import resampled
from audioml.train.augment.vocoder import stretched

RATE = 16000
SAMPLES = 2 * RATE


def tone(pitch, *, start=0.25, end=1.25, samples=SAMPLES):
    """A note of a MIDI pitch between two times."""
    time = torch.arange(samples, dtype=torch.float64) / RATE
    wave = torch.sin(2 * torch.pi * 440.0 * 2 ** ((pitch - 69) / 12) * time)
    return (wave * ((time >= start) & (time < end))).float()


def heard(wave, *, start, end):
    """The MIDI pitch between two times, from the largest bin and its neighbours."""
    part = wave[int(start * RATE) : int(end * RATE)].double()
    size = 1 << 17
    power = torch.fft.rfft(part * torch.hann_window(len(part)), size).abs().log()
    peak = int(power.argmax())
    left, middle, right = power[peak - 1 : peak + 2].tolist()
    at = peak + 0.5 * (left - right) / (left - 2 * middle + right)
    return 69 + 12 * torch.log2(torch.tensor(at * RATE / size / 440.0)).item()


def bounds(wave):
    """When a tone begins and ends, in seconds."""
    loud = (wave.abs() > 0.3).nonzero()[:, 0]
    return loud[0].item() / RATE, loud[-1].item() / RATE


@pytest.fixture
def batch():
    pitches = torch.tensor([48, 60, 67, 76, 81, 57])
    audio = torch.stack([tone(p) for p in pitches.tolist()])
    notes = torch.zeros(6, 2, 4)
    notes[:, 0] = torch.tensor([0.25, 1.25, 0, 90])
    notes[:, 0, 2] = pitches
    notes[:, 1] = -1
    roll = torch.zeros(6, 200, 88)
    roll[torch.arange(6), 25:125, pitches - 21] = 1
    f0 = torch.zeros(6, 200)
    f0[:, 25:125] = 440.0 * 2 ** ((pitches[:, None] - 69) / 12)
    return audio, {"notes": notes, "roll": roll, "f0": f0, "names": ["x"] * 6}


@pytest.mark.parametrize("method", ["resample", "vocoder"])
def test_the_pitch_that_is_heard_is_the_pitch_of_the_labels(batch, method):
    shift = PitchShift(sample_rate=RATE, semitones=(-5, 5), detune=0.0, method=method, p=1.0)
    audio, labels = shift(*batch)
    moved = labels["notes"][:, 0, 2] - batch[1]["notes"][:, 0, 2]
    assert len(set(moved.tolist())) > 2
    for wave, note, roll, f0 in zip(
        audio, labels["notes"][:, 0], labels["roll"], labels["f0"], strict=True
    ):
        start, end, pitch, velocity = note.tolist()
        begun, ended = bounds(wave)
        slack = 0.002 if method == "resample" else 0.08
        assert (begun, ended) == pytest.approx((start, end), abs=slack)
        assert heard(wave, start=start + 0.1, end=end - 0.1) == pytest.approx(pitch, abs=0.02)
        keys = roll.any(0).nonzero().flatten().tolist()
        frames = roll.any(1).nonzero().flatten()
        assert keys == [pitch - 21]
        assert (frames[0] / 100, frames[-1] / 100) == pytest.approx((start, end), abs=0.0151)
        assert f0.max().item() == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=1e-4)
        assert velocity == 90
    assert (labels["notes"][:, 1] == -1).all()
    assert labels["names"] == ["x"] * 6


def test_detuning_moves_the_sound_and_no_key():
    shift = PitchShift(sample_rate=RATE, semitones=(0, 0), detune=0.4, p=1.0)
    notes = torch.tensor([[[0.25, 1.25, 60.0]]])
    f0 = torch.full((1, 50), 261.6256)
    audio, labels = shift(tone(60)[None], {"notes": notes, "f0": f0})
    pitch = heard(audio[0], start=0.4, end=1.0)
    assert 0.02 < abs(pitch - 60) <= 0.41
    assert labels["notes"][0, 0, 2] == 60
    assert labels["f0"][0, 10].item() == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=1e-3)


def test_no_note_leaves_the_keys():
    roll = torch.zeros(8, 10, 88)
    roll[:, :, 86] = 1
    notes = torch.tensor([[[0.0, 0.5, 125.0]]]).repeat(8, 1, 1)
    shift = PitchShift(sample_rate=RATE, semitones=(6, 6), p=1.0, method="vocoder")
    _, labels = shift(torch.zeros(8, 4000), {"roll": roll})
    assert labels["roll"][:, :, 87].all()
    _, labels = shift(torch.zeros(8, 4000), {"notes": notes})
    assert (labels["notes"][..., 2] == 127).all()


def test_examples_without_notes_are_shifted_too():
    shift = PitchShift(sample_rate=RATE, semitones=(3, 3), detune=0, p=1.0)
    for notes in (torch.full((1, 2, 3), -1.0), torch.zeros(1, 0, 3)):
        audio, labels = shift(tone(60)[None], {"notes": notes})
        assert heard(audio[0], start=0.4, end=0.9) == pytest.approx(63, abs=0.02)
        assert torch.equal(labels["notes"], notes)


def test_labels_of_other_examples_stay(batch):
    shift = PitchShift(sample_rate=RATE, semitones=(1, 1), p=0.5)
    audio, labels = shift(*batch)
    same = [torch.equal(x, y) for x, y in zip(audio, batch[0], strict=True)]
    kept = [torch.equal(x, y) for x, y in zip(labels["notes"], batch[1]["notes"], strict=True)]
    assert same == kept
    assert 0 < sum(same) < 6


def test_labels_of_an_unknown_kind_are_refused_rather_than_left_behind():
    shift = PitchShift(sample_rate=RATE, p=1.0)
    with pytest.raises(UsageError, match="'tune' must be of a kind that is known"):
        shift(torch.zeros(1, 100), {"tune": torch.zeros(1, 3)})
    known = PitchShift(sample_rate=RATE, p=1.0, kinds={"tune": "classes"})
    assert known(torch.zeros(1, 100), {"tune": torch.zeros(1, 3)})[1]["tune"].shape == (1, 3)


def test_class_numbers_alone_stay():
    labels = torch.tensor([3, 4])
    out = PitchShift(sample_rate=RATE, p=1.0)(torch.randn(2, 900), labels)[1]
    assert torch.equal(out, labels)


def test_stretching_scales_times_and_keeps_pitch(batch):
    audio, labels = TimeStretch(sample_rate=RATE, speed=(0.8, 1.25), p=1.0)(*batch)
    starts = labels["notes"][:, 0, 0]
    assert (starts - 0.25).abs().max() > 0.02
    for wave, (start, end, pitch, _) in zip(audio, labels["notes"][:, 0].tolist(), strict=True):
        assert bounds(wave) == pytest.approx((start, end), abs=0.08)
        assert heard(wave, start=start + 0.1, end=end - 0.1) == pytest.approx(pitch, abs=0.03)
    assert torch.equal(labels["notes"][..., 2], batch[1]["notes"][..., 2])


def test_what_is_slower_is_cut_with_its_labels():
    notes = torch.tensor([[[0.5, 1.2, 60.0], [1.9, 2.0, 62.0]]])
    stretch = TimeStretch(sample_rate=RATE, speed=(0.5, 0.5), p=1.0)
    _, labels = stretch(torch.zeros(1, SAMPLES), {"notes": notes, "events": notes[..., :2]})
    assert labels["notes"].tolist() == [[[1.0, 2.0, 60.0], [-1.0, -1.0, -1.0]]]
    assert labels["events"].tolist() == [[[1.0, 2.0], [-1.0, -1.0]]]


@pytest.mark.parametrize("speed", [0.7, 1.0, 1.06, 1.9])
def test_resampling_is_that_of_the_formula(speed):
    """A tone with a smooth envelope, read faster, is the formula at other times."""

    def wave(time):
        return torch.sin(2 * torch.pi * 3000 * time) * torch.exp(-((time - 0.5) ** 2) / 0.01)

    time = torch.arange(SAMPLES, dtype=torch.float64) / RATE
    out = resampled(wave(time).float()[None], torch.tensor([speed]))[0]
    assert (out - wave(time * speed)).abs().max() < 2e-3


def test_what_would_alias_is_gone():
    time = torch.arange(SAMPLES) / RATE
    out = resampled(torch.sin(2 * torch.pi * 6000 * time)[None], torch.tensor([1.5]))[0]
    assert out[1000:20000].abs().max() < 0.01


def test_a_stretched_chord_is_as_loud_as_it_was():
    audio = (tone(60, start=0, end=2) + tone(64, start=0, end=2) + tone(67, start=0, end=2))[None]
    for speed in (0.8, 1.0, 1.3):
        out = stretched(audio, torch.tensor([speed]))
        middle = slice(4000, 20000)
        ratio = out[0, middle].square().mean() / audio[0, middle].square().mean()
        assert 0.9 < ratio.sqrt() < 1.1
