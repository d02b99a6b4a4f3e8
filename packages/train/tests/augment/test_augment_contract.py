"""What every augmentation keeps to."""

import pytest
import torch

from audioml.core.errors import UsageError
from audioml.train import augment as a

RATE = 16000
WAVEFORM = {
    "clip": a.Clip,
    "equalise": lambda **o: a.Equalise(sample_rate=RATE, **o),
    "gain": a.Gain,
    "lowpass": lambda **o: a.LowPass(sample_rate=RATE, **o),
    "mixup": lambda **o: a.Mixup(alpha=1.0, **o),
    "noise": a.Noise,
    "pitch": lambda **o: a.PitchShift(sample_rate=RATE, **o),
    "vocoder": lambda **o: a.PitchShift(sample_rate=RATE, method="vocoder", **o),
    "polarity": a.Polarity,
    "reverb": lambda **o: a.Reverb(sample_rate=RATE, **o),
    "stretch": lambda **o: a.TimeStretch(sample_rate=RATE, **o),
}
SPECTROGRAM = {"bands": a.FrequencyMask, "times": a.TimeMask}
BOTH = {**WAVEFORM, **SPECTROGRAM}


def sound(*shape):
    return 0.3 * torch.randn(shape, generator=torch.Generator().manual_seed(1))


@pytest.fixture(params=BOTH)
def made(request):
    """What makes an augmentation, and audio for it."""
    audio = sound(4, 40, 30) if request.param in SPECTROGRAM else sound(4, 6000)
    return BOTH[request.param], audio


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_shape_and_type_stay_and_what_came_in_is_left_alone(made, dtype):
    make, audio = made
    audio = audio.to(dtype)
    before = audio.clone()
    out, labels = make(p=1.0)(audio)
    assert (out.shape, out.dtype, labels) == (audio.shape, dtype, None)
    assert out.isfinite().all()
    assert torch.equal(audio, before)
    assert not torch.equal(out, audio)


@pytest.mark.parametrize("name", WAVEFORM)
@pytest.mark.parametrize("shape", [(3, 2, 5000), (2, 1, 1), (1, 301)])
def test_channels_and_lengths_of_all_kinds(name, shape):
    out, _ = WAVEFORM[name](p=1.0)(sound(*shape))
    assert out.shape == shape
    assert out.isfinite().all()


def test_no_probability_is_identity(made):
    make, audio = made
    labels = {"classes": torch.ones(4, 2)}
    out, kept = make(p=0.0)(audio, labels)
    assert torch.equal(out, audio)
    assert torch.equal(kept["classes"], labels["classes"])


def test_nothing_happens_in_evaluation(made):
    make, audio = made
    assert make(p=1.0).eval()(audio)[0] is audio


def test_one_seed_gives_one_result_and_steps_differ(made):
    make, audio = made
    one, other = make(p=1.0, seed=3), make(p=1.0, seed=3)
    first = one(audio)[0]
    assert torch.equal(first, other(audio)[0])
    if make is not WAVEFORM["polarity"]:
        assert not torch.equal(first, one(audio)[0])
        assert not torch.equal(first, make(p=1.0, seed=4)(audio)[0])


def test_a_run_that_is_taken_up_goes_on_with_the_same_numbers(made):
    make, audio = made
    one, other = make(p=0.7), make(p=0.7)
    one(audio)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(audio)[0], other(audio)[0])


def test_ranks_differ_and_a_step_can_be_told():
    audio, noise = sound(4, 500), a.Noise(p=1.0)
    found = []
    for rank in (0, 1, 0):
        noise.at(7, rank=rank)
        found.append(noise(audio)[0])
    assert torch.equal(found[0], found[2])
    assert not torch.equal(found[0], found[1])


def test_loader_workers_differ(monkeypatch):
    audio, found = sound(2, 500), []
    for number in (None, 0, 1):
        info = None if number is None else type("Worker", (), {"id": number})
        monkeypatch.setattr(torch.utils.data, "get_worker_info", lambda info=info: info)
        found.append(a.Noise(p=1.0)(audio)[0])
    assert not torch.equal(found[0], found[1])
    assert not torch.equal(found[1], found[2])


def test_examples_are_changed_one_by_one():
    out, _ = a.Polarity(p=0.5)(torch.ones(400, 3))
    changed = (out[:, 0] < 0).float().mean()
    assert 0.35 < changed < 0.65


@pytest.mark.parametrize("name", [n for n in WAVEFORM if n != "polarity"])
def test_silence_stays_silent(name):
    out, _ = WAVEFORM[name](p=1.0)(torch.zeros(2, 4000))
    assert out.abs().max() == 0


def test_a_chain_is_its_augmentations_one_after_the_other():
    audio, labels = sound(3, 4000), {"notes": torch.tensor([[[0.01, 0.2, 60.0]]]).repeat(3, 1, 1)}
    chain = a.BatchAugmentation(a.Noise(p=1.0), a.Noise(p=1.0), a.PitchShift(sample_rate=RATE))
    one, moved = chain(audio, labels)
    again = a.BatchAugmentation(a.Noise(p=1.0), a.Noise(p=1.0), a.PitchShift(sample_rate=RATE))
    other, too = again(audio, labels)
    assert torch.equal(one, other)
    assert torch.equal(moved["notes"], too["notes"])
    first, second = (n(audio)[0] - audio for n in list(again)[:2])
    assert not torch.equal(first, second)


def test_a_chain_goes_on_where_it_was_saved_and_takes_steps_and_seeds():
    audio = sound(3, 400)
    inner = a.BatchAugmentation(a.Noise(p=1.0), a.Gain(p=1.0))
    one = a.BatchAugmentation(inner, a.Clip(p=1.0), seed=5)
    one(audio)
    other = a.BatchAugmentation(
        a.BatchAugmentation(a.Noise(p=1.0), a.Gain(p=1.0)), a.Clip(p=1.0), seed=5
    )
    other.at(1)
    assert torch.equal(one(audio)[0], other(audio)[0])
    assert len(one) == 2


def test_an_empty_chain_is_identity():
    audio = sound(2, 10)
    assert a.BatchAugmentation()(audio) == (audio, None)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: a.Gain(p=1.5), "probability from 0 to 1, got 1.5"),
        (lambda: a.Gain(seed=-1), "'seed' must be"),
        (lambda: a.PitchShift(sample_rate=1, semitones=(2, 1)), "low first"),
        (lambda: a.PitchShift(sample_rate=1, semitones=(0, 0.5)), "whole numbers"),
        (lambda: a.PitchShift(sample_rate=1, method="magic"), "resample or vocoder"),
        (lambda: a.TimeStretch(sample_rate=1, speed=(0, 1)), "above 0"),
        (lambda: a.LowPass(sample_rate=1, cutoff=(2, 1)), "low first"),
        (lambda: a.Equalise(sample_rate=1, points=1), "from 2"),
        (lambda: a.Noise(colours=["green"]), "no noise has the colour 'green'"),
        (lambda: a.Noise(colours=(1.0,)), "names or two exponents"),
        (lambda: a.Reverb(sample_rate=1, seconds=(0, 1)), "above 0"),
        (lambda: a.RandomCrop(sample_rate=1, seconds=0), "above 0"),
        (lambda: a.TimeMask(share=2), "from 0 to 1"),
        (lambda: a.TimeMask(fill="zero"), "mean, least or a number"),
        (lambda: a.TimeMask(labels="drop"), "keep or mask"),
        (lambda: a.Mixup(alpha=0), "above 0"),
        (lambda: a.Mixup(blend="most"), "share or union"),
        (lambda: a.Gain()(torch.zeros(2, 3, dtype=torch.int16)), "floating point"),
        (lambda: a.Gain()(torch.zeros(2, 3), torch.zeros(3)), "labels must be of 2 examples"),
        (lambda: a.TimeMask(p=1.0)(torch.zeros(2, 3)), "frames, bands"),
    ],
)
def test_what_makes_no_sense_is_said(make, told):
    with pytest.raises(UsageError, match=told):
        make()
