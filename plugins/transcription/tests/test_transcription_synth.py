import numpy as np
import pytest

from audioml.core.errors import UsageError
from audioml_transcription.notes import HIGHEST, LOWEST, Notes, Pedal
from audioml_transcription.synth import corpus, soundfonts
from audioml_transcription.synth.harmony import random_key
from audioml_transcription.synth.perform import Performance, perform
from audioml_transcription.synth.piano import Piano, Timbre
from audioml_transcription.synth.rooms import impulse_response, recorded
from audioml_transcription.synth.scores import Score, made_up
from audioml_transcription.synth.textures import ACCOMPANIMENTS, SOLOS, Bar

RATE = 16000


def chance(seed=0):
    return np.random.default_rng(seed)


def piano(seed=0):
    return Piano(Timbre.drawn(chance(seed)), chance(seed))


def performance(*rows, pedal=()):
    return Performance(Notes.of(rows), Pedal(np.array(pedal).reshape(-1, 2)))


def test_scores_stay_on_the_keyboard_and_use_all_of_it():
    scores = [made_up(chance(seed), beats=100) for seed in range(30)]
    pitches = {row[2] for score in scores for row in score.rows}
    assert min(pitches) == LOWEST
    assert max(pitches) == HIGHEST
    assert all(row[1] > 0 for score in scores for row in score.rows)


def test_a_seed_makes_one_score():
    assert made_up(chance(3)).rows == made_up(chance(3)).rows
    assert made_up(chance(3)).rows != made_up(chance(4)).rows


@pytest.mark.parametrize("texture", [t for _, t in ACCOMPANIMENTS + SOLOS])
def test_every_texture_fills_its_bar_and_no_more(texture):
    for seed in range(20):
        rng = chance(seed)
        for beats in (2.0, 3.0, 4.0):
            rows = texture(Bar(rng, random_key(rng), seed % 7, beats))
            assert all(0 <= row[0] < beats + 1e-9 and row[1] > 0 for row in rows)


def test_performances_are_playable():
    for seed in range(10):
        played = perform(made_up(chance(seed)), chance(seed), seconds=20)
        keys = played.keys
        assert keys.onset.min() >= 0
        assert keys.end <= 20
        assert (keys.velocity >= 1).all()
        assert (keys.velocity <= 127).all()
        for pitch in np.unique(keys.pitch):
            own = keys[keys.pitch == pitch]
            assert (own.offset[:-1] < own.onset[1:]).all()
        assert len(played.heard) == len(keys)
        assert (played.heard.offset >= keys.offset - 1e-9).all()


def test_the_pedal_is_used_or_not_as_asked():
    score = made_up(chance(1))
    assert len(perform(score, chance(1), pedal=True).pedal) > 3
    assert len(perform(score, chance(1), pedal=False).pedal) == 0


def test_an_empty_score_is_silence():
    assert len(perform(Score(()), chance()).keys) == 0


def spectrum_peak(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return spectrum.argmax() * RATE / len(samples)


@pytest.mark.parametrize("pitch", [45, 60, 72])
def test_the_piano_is_in_tune(pitch):
    timbre = Timbre.drawn(chance(5))
    sound = Piano(timbre, chance()).render(performance([0.0, 2, pitch, 90]), seconds=2)
    base = 440 * 2 ** ((pitch - 69) / 12)
    partial = spectrum_peak(sound) / base
    assert abs(partial - round(partial)) < 0.03 * round(partial)


def loudness(sound, start, stop):
    return float(np.sqrt(np.mean(sound[int(start * RATE) : int(stop * RATE)] ** 2)))


def test_the_piano_sounds_from_the_onset_on_and_is_damped_at_the_offset():
    sound = piano().render(performance([0.5, 1.5, 60, 90]), seconds=3)
    assert loudness(sound, 0, 0.495) == 0
    assert loudness(sound, 0.5, 0.6) > 0.05
    assert loudness(sound, 1.2, 1.4) > 20 * loudness(sound, 2.4, 2.6)


def test_the_pedal_holds_what_the_keys_do_not():
    alone = piano().render(performance([0.1, 0.5, 55, 90]), seconds=2)
    held = piano().render(performance([0.1, 0.5, 55, 90], pedal=[[0.2, 2]]), seconds=2)
    assert loudness(held, 1, 1.5) > 10 * loudness(alone, 1, 1.5)


def test_louder_is_brighter():
    def centre(velocity):
        sound = piano(2).render(performance([0.0, 1, 48, velocity]), seconds=1)
        power = np.abs(np.fft.rfft(sound)) ** 2
        return (power * np.arange(len(power))).sum() / power.sum()

    assert centre(120) > 1.2 * centre(20)


def test_pianos_differ_and_one_seed_makes_one():
    played = performance([0.1, 0.5, 60, 90])
    assert (piano(1).render(played) == piano(1).render(played)).all()
    assert not np.allclose(piano(1).render(played), piano(2).render(played), atol=1e-3)


def test_rooms_begin_with_the_direct_sound():
    response = impulse_response(chance())
    assert response[0] == 1
    assert np.abs(response[:8]).max() == 1


def test_recordings_stay_within_full_scale():
    for seed in range(8):
        sound = recorded(chance(seed).normal(0, 2, RATE).astype(np.float32), chance(seed))
        assert np.abs(sound).max() <= 1
        assert sound.dtype == np.float32


def test_what_is_kept_for_tests_is_known():
    for path in (
        "beethoven/opus18no1",
        "schumann_clara/a",
        "chopin/m",
        "bach/bwv80.8.mxl",
        "bach/bwv99.6",
    ):
        assert corpus.is_reserved(path), path
    for path in ("bach/bwv100.6.mxl", "bach/bwv7.7", "palestrina/x.krn"):
        assert not corpus.is_reserved(path), path


def test_scores_are_kept_and_read_again(tmp_path):
    score = made_up(chance())
    corpus.write(tmp_path / "scores.json", [score])
    (found,) = corpus.read(tmp_path / "scores.json")
    assert len(found.rows) == len(score.rows)
    assert found.tempo == score.tempo


def test_the_soundfont_for_tests_is_not_rendered_unless_allowed(tmp_path):
    font = soundfonts.SoundFont(tmp_path / "TimGM6mb.sf2", "timgm")
    with pytest.raises(UsageError, match="kept for tests"):
        font.render(performance([0, 1, 60, 64]), chance(), seconds=1)


def test_no_family_to_train_on_is_reserved():
    assert not set(soundfonts.families()) & set(soundfonts.RESERVED)


def test_a_soundfont_renders_what_is_played():
    fonts = soundfonts.families()
    if not fonts or not soundfonts.shutil.which("fluidsynth"):
        pytest.skip("no fluidsynth, or no soundfont")
    font = fonts[min(fonts)]
    sound = font.render(performance([0.5, 1.5, 69, 100]), chance(), seconds=2)
    assert sound.shape == (2 * RATE,)
    assert loudness(sound, 0.55, 0.8) > 100 * loudness(sound, 0, 0.45) > -1
