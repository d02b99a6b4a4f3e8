"""What each augmentation of waveforms and spectrograms does."""

import pytest
import torch

from audioml.core.errors import UsageError
from audioml.train import augment as a
from audioml.train.augment.draws import Draws
from audioml.train.augment.fourier import fast_length
from audioml.train.augment.noise import coloured
from audioml.train.augment.room import responses

RATE = 16000


def white(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


def level(x):
    return 10 * torch.log10(x.square().mean(-1))


def test_gain_is_within_its_decibels():
    audio = white(50, 800)
    change = level(a.Gain(decibels=(-9, 3), p=1.0)(audio)[0]) - level(audio)
    assert -9.01 < change.min() < -6
    assert 0 < change.max() < 3.01


def test_noise_has_the_ratio_that_was_asked_for():
    audio = white(6, 8000) * torch.tensor([0.001, 0.1, 0.3, 1.0, 5.0, 0.5])[:, None]
    out, _ = a.Noise(ratio=(20, 20), p=1.0)(audio)
    assert (level(audio) - level(out - audio)).tolist() == pytest.approx([20.0] * 6, abs=0.05)


@pytest.mark.parametrize(
    ("exponent", "fall"), [(0.0, 0.0), (1.0, 3.01), (2.0, 6.02), (-1.0, -3.01)]
)
def test_the_colour_of_noise_is_its_fall_over_an_octave(exponent, fall):
    draws = Draws((1,), torch.device("cpu"))
    noise = coloured((8, 1 << 15), torch.full((8,), exponent), draws)
    power = torch.fft.rfft(noise).abs().square().mean(0)
    one, two = power[1000:2000].mean(), power[2000:4000].mean()
    assert 10 * torch.log10(one / two).item() == pytest.approx(fall, abs=0.4)


def test_noise_of_colours_by_name():
    out, _ = a.Noise(colours=["pink", "white"], p=1.0)(white(4, 2000))
    assert out.isfinite().all()


def test_clipping_cuts_at_a_share_of_the_peak():
    audio = white(9, 4000)
    out, _ = a.Clip(share=(0.5, 0.5), p=1.0)(audio)
    peak = audio.abs().amax(1, keepdim=True)
    assert torch.equal(out, torch.maximum(torch.minimum(audio, peak / 2), -peak / 2))


def test_the_low_pass_takes_treble_away():
    time = torch.arange(RATE) / RATE
    low, high = (torch.sin(2 * torch.pi * f * time)[None] for f in (300, 6000))
    cut = a.LowPass(sample_rate=RATE, cutoff=(2000, 2000), p=1.0)
    assert level(cut(low)[0] - low)[0] < -40
    assert level(cut(high)[0])[0] < level(high)[0] - 35


def test_the_equaliser_stays_in_its_decibels_and_in_its_time():
    pulse = torch.zeros(20, 8192)
    pulse[:, 4000] = 1.0
    out, _ = a.Equalise(sample_rate=RATE, decibels=6.0, p=1.0)(pulse)
    assert (out.argmax(1) == 4000).all()
    gains = 20 * torch.log10(torch.fft.rfft(out).abs())
    assert 3 < gains.abs().max() < 7
    assert (gains.amax(1) - gains.amin(1)).min() > 1


def test_a_room_dies_away_as_fast_as_it_was_asked_to():
    draws = Draws((1,), torch.device("cpu"))
    seconds = torch.tensor([0.2, 0.5, 0.9])
    room = responses(seconds, torch.full((3,), 8000.0), taps=RATE, rate=RATE, draws=draws)
    assert room.square().sum(1).tolist() == pytest.approx([1.0] * 3, rel=1e-4)
    for response, wanted in zip(room, seconds.tolist(), strict=True):
        left = response.square().flip(0).cumsum(0).flip(0)  # Schroeder's integral
        decibels = 10 * torch.log10(left / left[0])
        start, end = ((decibels < limit).nonzero()[0].item() for limit in (-5, -25))
        assert 3 * (end - start) / RATE == pytest.approx(wanted, rel=0.2)


def test_in_a_room_sound_begins_when_it_began_and_is_as_loud():
    audio = torch.zeros(6, RATE)
    audio[:, 5000:9000] = white(6, 4000)
    out, _ = a.Reverb(sample_rate=RATE, p=1.0)(audio)
    assert out[:, :4999].abs().max() < 1e-4
    assert (level(out) - level(audio)).abs().max() < 0.01
    assert (level(out[:, 9000:]) > -60).all()


def test_a_window_is_cut_out_with_its_labels():
    samples, kept = 4 * RATE, 1.0
    time = torch.arange(samples).float()
    notes = torch.tensor([[[0.5, 1.5, 60.0], [2.0, 3.5, 64.0], [-1, -1, -1]]]).repeat(8, 1, 1)
    frames = torch.arange(400.0).repeat(8, 1)[..., None]
    crop = a.RandomCrop(sample_rate=RATE, seconds=kept)
    audio, labels = crop(time.repeat(8, 1), {"notes": notes, "frames": frames})
    assert audio.shape == (8, RATE)
    assert labels["frames"].shape == (8, 100, 1)
    starts = audio[:, 0] / RATE
    assert len(set(starts.tolist())) > 4
    assert labels["frames"][:, 0, 0].tolist() == pytest.approx((starts * 100).tolist(), abs=0.51)
    for start, table in zip(starts.tolist(), labels["notes"].tolist(), strict=True):
        for (on, off, pitch), (was_on, was_off, _) in zip(table, notes[0].tolist(), strict=True):
            seen = was_off > start and was_on < start + kept and was_off > 0
            wanted = [max(was_on - start, 0), min(was_off - start, kept)] if seen else [-1, -1]
            assert [on, off] == pytest.approx(wanted, abs=1e-4)
            assert seen == (pitch > 0)


def test_windows_longer_than_the_example_are_refused():
    with pytest.raises(UsageError, match="32000 samples, got examples of 16000"):
        a.RandomCrop(sample_rate=RATE, seconds=2.0)(white(1, RATE))


def test_windows_not_chosen_are_the_beginning():
    audio = white(3, 100)
    assert torch.equal(a.RandomCrop(sample_rate=100, seconds=0.5, p=0.0)(audio)[0], audio[:, :50])


@pytest.mark.parametrize(("mask", "axis"), [(a.TimeMask, 1), (a.FrequencyMask, 2)])
def test_masks_are_stripes_of_the_right_axis(mask, axis):
    spectra = white(20, 60, 50)
    out, _ = mask(stripes=1, share=0.3, fill=-9.0, p=1.0)(spectra)
    hidden = out == -9.0
    lines = hidden.all(3 - axis)
    assert torch.equal(hidden.any(3 - axis), lines)
    assert torch.equal(out[~hidden], spectra[~hidden])
    count = lines.sum(1)
    assert count.max() <= 0.3 * lines.shape[1] + 1
    assert count.float().mean() > 3


@pytest.mark.parametrize(("fill", "value"), [("mean", 0.5), ("least", 0.0)])
def test_masks_are_filled_from_the_example(fill, value):
    spectra = torch.linspace(0, 1, 60).repeat(3, 50, 1)
    out, _ = a.TimeMask(stripes=1, share=1.0, fill=fill, p=1.0)(spectra)
    assert out[out != spectra].mean().item() == pytest.approx(value, abs=1e-3)


def test_a_mask_in_time_may_hide_the_labels_too():
    spectra, roll = white(6, 100, 8), torch.ones(6, 50, 88)
    options = {"stripes": 2, "share": 0.3, "fill": 7.0, "p": 1.0, "seed": 2}
    out, labels = a.TimeMask(labels="mask", ignored=-1.0, **options)(spectra, {"roll": roll})
    hidden = (out == 7.0).all(2)
    assert torch.equal((labels["roll"] == -1).all(2), (labels["roll"] == -1).any(2))
    agree = (labels["roll"][..., 0] == -1) == hidden[:, ::2]
    assert agree.float().mean() > 0.95
    kept, labels = a.TimeMask(**options)(spectra, {"roll": roll})
    assert torch.equal(kept, out)
    assert labels["roll"] is roll
    with pytest.raises(UsageError, match="cannot be masked in time"):
        a.TimeMask(labels="mask", p=1.0)(spectra, {"notes": torch.zeros(6, 1, 3)})


def test_mixup_mixes_labels_as_the_sound():
    audio = torch.arange(6.0)[:, None].repeat(1, 4)
    mix = a.Mixup(alpha=1.0, classes=6, p=1.0)
    out, scores = mix(audio, torch.arange(6))
    assert scores.shape == (6, 6)
    assert torch.allclose(scores.sum(1), torch.ones(6))
    assert torch.allclose(out[:, 0], scores @ torch.arange(6.0), atol=1e-5)
    assert (scores.argmax(1) == torch.arange(6)).all()
    assert (scores.amax(1) < 1).any()


def test_mixup_of_sounds_heard_together_has_both_labels():
    labels = {"scores": torch.eye(4)}
    _, out = a.Mixup(alpha=5.0, blend="union", p=1.0, seed=1)(white(4, 10), labels)
    assert set(out["scores"].unique().tolist()) == {0.0, 1.0}
    assert (out["scores"].diagonal() == 1).all()
    assert out["scores"].sum() > 4


def test_mixup_says_what_it_cannot_mix():
    with pytest.raises(UsageError, match="classes=N"):
        a.Mixup(p=1.0)(white(2, 9), torch.tensor([0, 1]))
    with pytest.raises(UsageError, match="table of notes"):
        a.Mixup(p=1.0)(white(2, 9), {"notes": torch.zeros(2, 1, 3)})


def test_lengths_of_transforms_are_quick_ones():
    for least in (1, 2, 7, 1000, 161024, 98765):
        length = fast_length(least)
        assert length >= least
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        assert rest == 1
    assert fast_length(161024) < 1.05 * 161024
