from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import serve_tiny
from serve_tiny import FAIL, HOLD, RUNS, LevelSession

from audioml.core.errors import ValidationError
from audioml.serve.batching import Batcher, Call, Turns, calling
from audioml.serve.errors import BusyError, GoneError, LateError, ModelError


@pytest.fixture(autouse=True)
def fresh():
    serve_tiny.reset()
    yield
    serve_tiny.reset()


@pytest.fixture
def batcher():
    made = []

    def make(**settings):
        made.append(Batcher(LevelSession(), name="tiny", **{"rows": 4, "waiting": 16, **settings}))
        return made[-1]

    yield make
    HOLD.set()
    for each in made:
        each.close()


def windows(*levels: float) -> dict[str, np.ndarray]:
    return {"windows": np.array(levels, np.float32)[:, np.newaxis] * np.ones(500, np.float32)}


def asked(batcher: Batcher, *levels: float, call: Call | None = None) -> list[float]:
    with calling(call or Call()):
        return [round(float(x), 2) for x in batcher.run(windows(*levels))["level"][:, 0]]


def until(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_each_gets_the_outputs_of_its_own_rows(batcher) -> None:
    shared = batcher(waiting=64)
    with ThreadPoolExecutor(16) as pool:
        levels = [[0.1 * (i % 9), 0.05] for i in range(64)]
        answers = list(pool.map(lambda each: asked(shared, *each), levels))
    assert answers == [[round(x, 2) for x in each] for each in levels]


def test_what_waits_at_the_same_time_shares_a_run(batcher) -> None:
    shared = batcher()
    HOLD.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(asked, shared, 0.1)
        until(lambda: RUNS == [1])
        rest = [pool.submit(asked, shared, 0.2, 0.3) for _ in range(3)]
        until(lambda: shared.waiting == 6)
        HOLD.set()
        assert first.result() == [0.1]
        assert [each.result() for each in rest] == [[0.2, 0.3]] * 3
    assert RUNS == [1, 4, 2]


def test_an_idle_model_answers_without_waiting_for_company(batcher) -> None:
    assert asked(batcher(), 0.5) == [0.5]
    assert RUNS == [1]


def test_a_long_clip_lets_short_ones_in_between_its_runs(batcher) -> None:
    shared = batcher()
    HOLD.clear()
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(asked, shared, *[0.1] * 12)
        until(lambda: RUNS == [4])
        short = pool.submit(asked, shared, 0.7)
        until(lambda: shared.waiting == 1)
        HOLD.set()
        assert short.result() == [0.7]
        assert long.result() == [0.1] * 12
    assert RUNS[1] in {1, 4}
    assert RUNS.index(1) <= 2  # not after the whole of the long one
    assert sum(RUNS) == 13


def test_jobs_of_the_background_wait_for_the_others(batcher) -> None:
    shared = batcher(rows=1)
    HOLD.clear()

    def ask(level: float, *, background: bool) -> None:
        asked(shared, level, call=Call(background=background))

    with ThreadPoolExecutor(3) as pool:
        pool.submit(ask, 0.1, background=False)
        until(lambda: RUNS == [1])
        pool.submit(ask, 0.2, background=True)
        until(lambda: shared.waiting == 1)
        pool.submit(ask, 0.3, background=False)
        until(lambda: shared.waiting == 2)
        HOLD.set()
    assert serve_tiny.SEEN == [0.1, 0.3, 0.2]


def test_a_full_queue_refuses_and_tells_when_to_come_back(batcher) -> None:
    shared = batcher(waiting=4)
    HOLD.clear()
    with ThreadPoolExecutor(2) as pool:
        pool.submit(asked, shared, 0.1)
        until(lambda: RUNS == [1])
        pool.submit(asked, shared, *[0.1] * 4)
        until(lambda: shared.waiting == 4)
        with pytest.raises(BusyError, match="4 windows wait for tiny") as caught:
            asked(shared, 0.1)
        assert caught.value.retry_after > 0
        HOLD.set()


def test_nobody_waits_past_a_deadline_and_what_is_late_is_not_run(batcher) -> None:
    shared = batcher()
    HOLD.clear()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asked, shared, 0.1)
        until(lambda: RUNS == [1])
        with pytest.raises(LateError, match="deadline"):
            asked(shared, 0.2, call=Call(deadline=time.monotonic() + 0.05))
        HOLD.set()
    assert asked(shared, 0.3) == [0.3]
    assert sum(RUNS) == 2


def test_a_client_that_went_away_is_dropped(batcher) -> None:
    shared = batcher()
    HOLD.clear()
    gone = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        pool.submit(asked, shared, 0.1)
        until(lambda: RUNS == [1])
        left = pool.submit(asked, shared, 0.2, call=Call(gone=gone.is_set))
        until(lambda: shared.waiting == 1)
        gone.set()
        with pytest.raises(GoneError):
            left.result()
        HOLD.set()
    assert asked(shared, 0.3) == [0.3]
    assert sum(RUNS) == 2


def test_one_that_makes_the_model_fail_spares_the_others(batcher, caplog) -> None:
    shared = batcher()
    FAIL.add(0.9)
    HOLD.clear()
    with ThreadPoolExecutor(3) as pool:
        pool.submit(asked, shared, 0.1)
        until(lambda: RUNS == [1])
        good, bad = pool.submit(asked, shared, 0.2), pool.submit(asked, shared, 0.9)
        until(lambda: shared.waiting == 2)
        HOLD.set()
        assert good.result() == [0.2]
        with pytest.raises(ModelError, match="tiny failed: RuntimeError"):
            bad.result()
    assert asked(shared, 0.4) == [0.4]
    assert "on fire" in caplog.text


def test_rows_of_another_shape_get_a_run_of_their_own(batcher) -> None:
    shared = batcher()
    HOLD.clear()
    with ThreadPoolExecutor(3) as pool:
        pool.submit(asked, shared, 0.1)
        until(lambda: RUNS == [1])
        other = pool.submit(shared.run, {"windows": np.full((1, 250), 0.5, np.float32)})
        until(lambda: shared.waiting == 1)
        same = pool.submit(asked, shared, 0.2)
        until(lambda: shared.waiting == 2)
        HOLD.set()
        assert float(other.result()["level"][0, 0]) == 0.5
        assert same.result() == [0.2]
    assert RUNS == [1, 1, 1]


def test_no_rows_are_answered_with_none(batcher) -> None:
    assert batcher().run(windows())["level"].shape == (0, 1)


def test_another_number_of_rows_than_was_asked_about_is_a_failure(batcher) -> None:
    class Short(LevelSession):
        def run(self, feeds, /):
            return {"level": np.zeros((1, 1), np.float32)}

    shared = Batcher(Short(), name="tiny")
    with pytest.raises(ModelError, match="1 rows of 'level' about 3 windows"):
        asked(shared, 0.1, 0.2, 0.3)
    shared.close()


def test_a_figure_that_cannot_be_noted_ends_no_thread(batcher) -> None:
    shared = batcher(told=lambda *_: 1 / 0)
    assert asked(shared, 0.1) == [0.1]
    assert asked(shared, 0.2) == [0.2]


def test_a_refusal_of_the_model_reaches_the_caller_as_it_is(batcher) -> None:
    class Strict(LevelSession):
        def run(self, feeds, /):
            raise ValidationError("expected windows of 500 samples")

    shared = Batcher(Strict(), name="tiny")
    with pytest.raises(ValidationError, match="500 samples"):
        asked(shared, 0.1)
    shared.close()


def test_the_time_of_a_run_is_told(batcher) -> None:
    told, call = [], Call()
    shared = batcher(told=lambda rows, seconds: told.append((rows, seconds >= 0)))
    asked(shared, 0.1, 0.2, call=call)
    until(lambda: told)
    assert told == [(2, True)]
    assert set(call.stages) == {"queue", "model"}


def test_turns_let_one_in_at_a_time_and_refuse_a_crowd() -> None:
    turns, inside, release = Turns("tiny", width=1, waiting=1), [], threading.Event()

    def enter(name: str) -> None:
        with turns.turn():
            inside.append(name)
            release.wait(5)

    with ThreadPoolExecutor(3) as pool:
        pool.submit(enter, "first")
        until(lambda: inside == ["first"])
        pool.submit(enter, "second")
        until(lambda: turns.waiting == 1)
        with pytest.raises(BusyError, match="1 requests wait for tiny"), turns.turn():
            pass
        late = Call(deadline=time.monotonic() - 1, background=True)
        with calling(late), pytest.raises(LateError), turns.turn():
            pass
        release.set()
    assert inside == ["first", "second"]
    with turns.turn():
        assert turns.waiting == 0


def test_a_turn_that_came_too_late_is_handed_on() -> None:
    turns = Turns("tiny", waiting=8)
    for _ in range(200):  # deadlines that pass just as the turn comes
        with ThreadPoolExecutor(2) as pool:
            held = threading.Event()

            def hold(held=held) -> None:
                with turns.turn():
                    held.wait(0.001)

            def hurry() -> None:
                late = Call(deadline=time.monotonic() + 0.0012)
                with contextlib.suppress(LateError), calling(late), turns.turn():
                    pass

            pool.submit(hold)
            pool.submit(hurry)
    with calling(Call(deadline=time.monotonic() + 1)), turns.turn():
        assert turns.waiting == 0


def test_hours_of_a_job_keep_nobody_where_the_model_may_run_twice() -> None:
    background = Call(background=True)
    for apart in (True, False):
        turns, began, end = Turns("tiny", apart=apart), threading.Event(), threading.Event()

        def job(turns=turns, began=began, end=end) -> None:
            with calling(background), turns.turn():
                began.set()
                end.wait(5)

        with ThreadPoolExecutor(1) as pool:
            pool.submit(job)
            began.wait(5)
            assert turns.running(background=True) > 0
            assert turns.running(background=False) == 0
            soon = Call(deadline=time.monotonic() + 0.1)
            if apart:
                with calling(soon), turns.turn():
                    pass
            else:
                with calling(soon), pytest.raises(LateError), turns.turn():
                    pass
            end.set()
