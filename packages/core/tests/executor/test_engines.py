"""What the engines of clusters have in common, on this machine; Spark and Ray where installed."""

import os
import time

import pytest

from audioml.core.errors import UsageError
from audioml.core.executor import WorkerError, engine_named, run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["spark", "ray"])
def engine(request):
    """An engine that finds what it needs already running, as starting that takes the longest."""
    pytest.importorskip("joblib")
    if request.param == "spark":
        pytest.importorskip("pyspark")
        from audioml.core.executor import spark

        session, _ = spark._session(None, 2)
        yield engine_named("spark")
        session.stop()
    else:
        ray = pytest.importorskip("ray")
        found = engine_named("ray")
        found._begin(ray, 2)
        yield found
        ray.shutdown()


def test_values_and_errors_come_back_in_order(engine):
    def invert(n):
        if n == 5:
            time.sleep(0.3)
        return os.getpid(), 1 / n

    outcomes = list(run(invert, [*range(20, 0, -1), 0], workers=2, engine=engine, ordered=True))
    assert [o.index for o in outcomes] == list(range(21))
    assert [o.value[1] for o in outcomes[:-1]] == [1 / n for n in range(20, 0, -1)]
    assert os.getpid() not in {o.value[0] for o in outcomes[:-1]}
    assert isinstance(outcomes[-1].error, ZeroDivisionError)
    assert "in invert" in outcomes[-1].traceback


def test_an_item_that_kills_its_worker_is_the_only_one_that_fails(engine):
    def die(n):
        if n == 3:
            os._exit(1)
        return n

    outcomes = {o.index: o for o in run(die, range(10), workers=2, engine=engine)}
    assert [n for n, o in outcomes.items() if not o.ok] == [3]
    assert isinstance(outcomes[3].error, WorkerError)
    assert "its worker ended" in str(outcomes[3].error)
    assert [outcomes[n].value for n in range(10) if n != 3] == [n for n in range(10) if n != 3]


def test_a_worker_that_dies_once_costs_nothing(engine, tmp_path):
    def die_once(n):
        mark = tmp_path / "died"
        if n == 2 and not mark.exists():
            mark.touch()
            os._exit(1)
        return n

    assert sorted(o.value for o in run(die_once, range(6), workers=2, engine=engine)) == [*range(6)]


def test_items_are_drawn_as_they_are_needed_by(engine):
    drawn = []

    def items():
        for n in range(10_000):
            drawn.append(n)
            yield n

    outcomes = run(abs, items(), workers=2, engine=engine)
    next(outcomes)
    outcomes.close()
    assert len(drawn) < 100


def test_an_item_that_cannot_be_sent_is_its_own_failure(engine):
    class Stays:
        def __reduce__(self):
            raise TypeError("this stays here")

    bad, good = run(abs, [Stays(), -1], workers=2, engine=engine, ordered=True)
    assert isinstance(bad.error, TypeError)
    assert good.value == 1
    assert list(run(abs, [], workers=2, engine=engine)) == []


def test_a_function_that_cannot_be_sent_is_refused_by(engine):
    lock = __import__("threading").Lock()
    with pytest.raises(UsageError, match="cannot be sent to another process"):
        run(lambda n: lock and n, [1], workers=2, engine=engine)
