"""Both engines against the definition, and each against itself."""

import threading
import time

import numpy as np
import pytest
import wavenet_tiny

from audioml.core.errors import UsageError
from audioml_wavenet.architecture import PRESETS, SILENCE, Architecture
from audioml_wavenet.engine import Sampling, songs, uniforms
from audioml_wavenet.reference import forward
from audioml_wavenet.weights import random

FREE = Sampling()
PLAIN = Architecture(  # without what the paper adds, and without a hidden layer in the head
    dilations=(2, 7), residual=20, gate=3, skip=4, head=(), adds=False, rectifies=False
)


def numbers(count, songs=1):
    return np.stack([uniforms(seed, 0, count) for seed in range(songs)])


def check_against_the_definition(weights, made, condition=None, count=400):
    logits_of = forward(weights, np.concatenate([[SILENCE], made[0, :-1]]), condition=condition)
    drawn = numbers(count)[0]
    assert np.array_equal(made[0], wavenet_tiny.expected_tokens(logits_of, drawn))
    return logits_of


@pytest.mark.parametrize(
    ("architecture", "condition"),
    [(wavenet_tiny.ODD, None), (wavenet_tiny.ODD, 2), (PLAIN, None), (PRESETS["small10"], None)],
    ids=["odd", "odd-genre", "plain", "small10"],
)
def test_songs_are_those_of_the_definition(make_songs, architecture, condition):
    weights = random(architecture, seed=3)
    made = make_songs(weights, [condition]).draw(numbers(400), [FREE])
    wanted = check_against_the_definition(weights, made, condition)
    told = make_songs(weights, [condition]).feed(made, logits=True)
    np.testing.assert_allclose(told[0], wanted, atol=2e-5, rtol=0)


def test_a_large_network_in_three_bytes_a_weight(compiled_songs):
    from audioml_wavenet.engine.layout import planned

    weights = random(PRESETS["std30"])
    plan = planned(weights, pack=True)
    made = compiled_songs(weights, plan=plan).draw(numbers(100), [FREE])
    wanted = check_against_the_definition(weights, made, count=100)
    told = compiled_songs(weights, plan=plan).feed(made, logits=True)
    np.testing.assert_allclose(told[0], wanted, atol=2e-5, rtol=0)


@pytest.mark.parametrize("pack", [False, True])
def test_songs_together_are_those_alone_to_the_last_bit(compiled_songs, pack):
    from audioml_wavenet.engine.layout import planned

    weights = random(wavenet_tiny.ODD)
    plan = planned(weights, pack=pack)
    choices = [FREE, Sampling(0.5), Sampling(top_k=9), Sampling(0), Sampling(top_p=0.7)] * 4
    genres = [None, 0, 1, 2] * 5
    begun = compiled_songs(weights, genres, plan=plan)
    begun.feed(np.stack([np.arange(i, i + 40) for i in range(20)]))
    made = begun.draw(numbers(150, songs=20), choices)
    for at in (0, 7, 13, 19):
        alone = compiled_songs(weights, [genres[at]], plan=plan)
        alone.feed(np.arange(at, at + 40)[np.newaxis])
        again = alone.draw(numbers(150, songs=20)[at : at + 1], [choices[at]])
        assert np.array_equal(again[0], made[at])
        assert np.array_equal(alone.memory(0), begun.memory(at))


def test_songs_together_are_those_alone(make_songs):
    weights = random(wavenet_tiny.ODD)
    made = make_songs(weights, [None] * 3).draw(numbers(200, songs=3), [FREE] * 3)
    alone = make_songs(weights).draw(numbers(200, songs=3)[2:], [FREE])
    assert np.array_equal(alone[0], made[2])


def test_a_prompt_at_once_is_a_prompt_step_by_step(make_songs):
    weights = random(wavenet_tiny.ODD)
    made = make_songs(weights)
    tokens = made.draw(numbers(60), [FREE])
    fed, bit_by_bit = make_songs(weights), make_songs(weights)
    fed.feed(tokens)
    for part in np.split(tokens, [1, 2, 9, 40], axis=1):
        bit_by_bit.feed(part)
    for other in (fed, bit_by_bit):
        assert np.array_equal(other.last, made.last)
        np.testing.assert_allclose(other.memory(0), made.memory(0), atol=1e-6)


def test_in_compiled_code_it_is_so_to_the_last_bit(compiled_songs):
    weights = random(PRESETS["small10"])
    made = compiled_songs(weights)
    tokens = made.draw(numbers(1200), [FREE])
    fed = compiled_songs(weights)
    fed.feed(tokens[:, :700])
    fed.feed(tokens[:, 700:])
    assert np.array_equal(fed.memory(0), made.memory(0))


def test_a_song_goes_on_from_its_memory(make_songs):
    weights, drawn = random(wavenet_tiny.ODD), numbers(300, songs=2)
    whole = make_songs(weights, [1, 2]).draw(drawn, [FREE] * 2)
    begun = make_songs(weights, [1, 2])
    first = begun.draw(drawn[:, :117], [FREE] * 2)
    after = make_songs(weights, [2, 1])  # the songs change places
    for song in range(2):
        after.recall(1 - song, begun.memory(song), begun.last[song])
    second = after.draw(drawn[::-1, 117:], [FREE] * 2)[::-1]
    assert np.array_equal(np.concatenate([first, second], axis=1), whole)


def test_a_long_signal_is_foretold_to_its_end(make_songs):
    weights, tokens = random(wavenet_tiny.ODD), np.random.default_rng(0).integers(0, 256, 4700)
    told = make_songs(weights).feed(tokens[np.newaxis], logits=True)
    wanted = forward(weights, np.concatenate([[SILENCE], tokens[:-1]]))
    np.testing.assert_allclose(told[0], wanted, atol=2e-5, rtol=0)


def test_what_is_out_of_sight_is_forgotten(compiled_songs):
    weights, field = random(wavenet_tiny.ODD), wavenet_tiny.ODD.receptive_field
    one, other = compiled_songs(weights), compiled_songs(weights)
    one.feed(np.arange(200)[np.newaxis])
    other.feed(np.arange(200 - field, 200)[np.newaxis])
    assert np.array_equal(one.draw(numbers(50), [FREE]), other.draw(numbers(50), [FREE]))


@pytest.mark.parametrize(
    "choice", [Sampling(0.6), Sampling(top_k=12), Sampling(top_p=0.6), Sampling(1.5, 30, 0.8)]
)
def test_both_engines_draw_alike(compiled_songs, choice):
    from audioml_wavenet.engine.plain import PlainSongs

    weights = random(wavenet_tiny.ODD)
    made = compiled_songs(weights).draw(numbers(300), [choice])
    assert np.array_equal(PlainSongs(weights).draw(numbers(300), [choice]), made)


def test_at_temperature_0_the_likeliest_is_taken(make_songs):
    weights = random(wavenet_tiny.ODD)
    made = make_songs(weights).draw(numbers(50), [Sampling(temperature=0)])
    logits = forward(weights, np.concatenate([[SILENCE], made[0, :-1]]))
    assert np.array_equal(made[0], logits.argmax(axis=1))
    assert np.array_equal(make_songs(weights).draw(1 - numbers(50), [Sampling(0)]), made)


def test_threads_do_not_disturb_each_other(compiled_songs):
    weights = random(wavenet_tiny.ODD)
    made = {}

    def work(seed):
        drawn = uniforms(seed, 0, 1000)[np.newaxis]
        made[seed] = compiled_songs(weights).draw(drawn, [FREE])

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, tokens in made.items():
        drawn = uniforms(seed, 0, 1000)[np.newaxis]
        assert np.array_equal(compiled_songs(weights).draw(drawn, [FREE]), tokens)


def test_the_interpreter_goes_on_while_a_song_is_made(compiled_songs):
    begun = compiled_songs(random(PRESETS["small10"]))
    begun.draw(numbers(10), [FREE])
    work = threading.Thread(target=begun.draw, args=(numbers(40_000), [FREE]))
    work.start()
    turns = 0
    while work.is_alive():
        turns += 1
        time.sleep(0.001)
    assert turns > 5


def test_without_numba_songs_are_made_all_the_same(monkeypatch, caplog):
    from audioml_wavenet.engine.plain import PlainSongs

    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    with caplog.at_level("INFO"):
        assert isinstance(songs(random(wavenet_tiny.ODD)), PlainSongs)
    assert "made by numpy" in caplog.text


def test_on_a_device_songs_differ_in_how_they_are_drawn(compiled_songs):
    pytest.importorskip("torch", reason="torch is not installed")
    weights = random(wavenet_tiny.ODD)
    choices = [FREE, Sampling(0.6), Sampling(0), Sampling(top_k=12), Sampling(1.5, 30, 0.8)]
    genres = [None, 0, 1, 2, None]
    made = compiled_songs(weights, genres).draw(numbers(200, songs=5), choices)
    elsewhere = songs(weights, genres, device="cpu:0")
    assert np.array_equal(elsewhere.draw(numbers(200, songs=5), choices), made)
    elsewhere.recall(1, elsewhere.memory(0), int(elsewhere.last[0]))  # in the middle of the rings
    np.testing.assert_array_equal(elsewhere.memory(1), elsewhere.memory(0))


def test_a_device_that_is_not_there():
    pytest.importorskip("torch", reason="torch is not installed")
    for name in ("toaster", "cuda:99"):
        with pytest.raises(UsageError, match=f"device '{name}' cannot be used here: "):
            songs(random(wavenet_tiny.ODD), device=name)
