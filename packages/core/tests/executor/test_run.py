"""What holds in one process holds in several: most tests run with both."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from audioml.core.errors import AudiomlError, MissingDependencyError, UsageError
from audioml.core.executor import Outcome, WorkerError, run


@pytest.fixture(params=[1, 2])
def workers(request):
    if request.param > 1:
        pytest.importorskip("joblib")
    return request.param


# Classes made inside functions travel by value: workers cannot import a test module by its name.
def unpicklable_class():
    class Unpicklable:
        def __reduce__(self):
            raise TypeError("this stays here")

    return Unpicklable


def unreadable_class():
    class Unreadable(Exception):
        """Pickles, but cannot be made again."""

        def __init__(self, first, second):
            super().__init__(first)

    return Unreadable


def test_each_item_comes_back_with_its_value_and_time(workers):
    def slow_square(n):
        time.sleep(0.01)
        return n * n

    outcomes = sorted(run(slow_square, range(9), workers=workers), key=lambda o: o.index)
    assert [(o.index, o.item, o.value) for o in outcomes] == [(n, n, n * n) for n in range(9)]
    assert all(o.ok and o.seconds >= 0.01 and o.traceback == "" for o in outcomes)


def test_an_items_error_does_not_end_the_run(workers):
    def invert(n):
        return 1 / n

    good, bad = sorted(run(invert, [2, 0], workers=workers), key=lambda o: o.index)
    assert good.unwrap() == 0.5
    assert isinstance(bad.error, ZeroDivisionError)
    assert "in invert" in bad.traceback
    with pytest.raises(ZeroDivisionError):
        bad.unwrap()


def test_an_item_that_exits_is_an_error_too(workers):
    (outcome,) = run(sys.exit, ["enough"], workers=workers)
    assert isinstance(outcome.error, SystemExit)


def test_ordered_outcomes_come_in_the_order_of_the_items(workers):
    def early_ones_last(n):
        time.sleep(0.3 if n == 0 else 0)
        return n

    outcomes = run(early_ones_last, range(30), workers=workers, ordered=True)
    assert [o.value for o in outcomes] == list(range(30))


def test_items_are_drawn_as_they_are_needed(workers):
    drawn = []

    def items():
        for n in range(10_000):
            drawn.append(n)
            yield n

    outcomes = run(abs, items(), workers=workers)
    next(outcomes)
    outcomes.close()
    assert len(drawn) < 20


def test_an_error_among_the_items_themselves_is_the_callers(workers):
    def items():
        yield 1
        raise OSError("the list cannot be read")

    with pytest.raises(OSError, match="cannot be read"):
        list(run(abs, items(), workers=workers))


def test_nothing_in_gives_nothing_out(workers):
    assert list(run(abs, [], workers=workers)) == []


def test_another_engine_takes_the_work():
    class Backwards:
        def run(self, function, items, /, *, workers, ordered):
            for index, item in reversed(list(enumerate(items))):
                yield Outcome(index, item, function(item))

    assert [o.value for o in run(abs, [-1, -2], workers=8, engine=Backwards())] == [2, 1]


def test_no_workers_are_refused():
    with pytest.raises(UsageError, match="'workers' must be at least 1, got 0"):
        run(abs, [], workers=0)


def test_a_missing_joblib_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib.externals.loky", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "audioml-core\[parallel\]"'):
        run(abs, [1], workers=2)


def test_one_worker_needs_no_joblib():
    code = """
        import sys
        from audioml.core.executor import run
        list(run(abs, [1]))
        sys.exit(any(name.split(".")[0] in ("joblib", "loky") for name in sys.modules))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


class TestProcesses:
    @pytest.fixture(autouse=True)
    def _joblib(self):
        pytest.importorskip("joblib")

    def test_what_cannot_be_sent_is_the_error_of_its_item(self):
        class Local:
            pass

        items = [unpicklable_class()(), 1, Local]
        outcomes = sorted(run(str, items, workers=2), key=lambda o: o.index)
        assert isinstance(outcomes[0].error, TypeError)
        assert [o.ok for o in outcomes] == [False, True, True]

    def test_what_cannot_be_sent_back_is_the_error_of_its_item(self):
        Unpicklable, Unreadable = unpicklable_class(), unreadable_class()

        def make(kind):
            if kind == "value":
                return Unpicklable()
            if kind == "error":
                raise Unreadable("a", "b")
            return kind

        value, error, good = run(make, ["value", "error", "good"], workers=2, ordered=True)
        assert isinstance(value.error, TypeError)
        assert isinstance(error.error, WorkerError)
        assert "Unreadable: a" in str(error.error)
        assert "in make" in error.traceback
        assert good.value == "good"

    def test_a_function_that_cannot_be_sent_is_refused_at_once(self):
        with pytest.raises(UsageError, match="cannot be sent to another process"):
            run(unpicklable_class()().__reduce__, [1], workers=2)

    def test_a_worker_that_dies_is_the_error_of_its_item_alone(self):
        def die_of_five(n):
            if n in (5, 11):
                os._exit(9)
            return n

        outcomes = list(run(die_of_five, range(14), workers=2, ordered=True))
        assert [o.index for o in outcomes if not o.ok] == [5, 11]
        assert [o.value for o in outcomes if o.ok] == [n for n in range(14) if n not in (5, 11)]
        assert all(isinstance(outcomes[n].error, WorkerError) for n in (5, 11))
        assert isinstance(outcomes[5].error, AudiomlError)

    def test_an_innocent_item_survives_a_worker_that_someone_killed(self, tmp_path):
        def die_once(path):
            if not path.exists():
                path.touch()
                os._exit(9)
            return path.name

        (outcome,) = run(die_once, [tmp_path / "seen"], workers=2)
        assert outcome.value == "seen"

    @pytest.mark.parametrize("given", [None, "3"])
    def test_workers_use_one_thread_each_unless_told_otherwise(self, given, monkeypatch):
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        if given:
            monkeypatch.setenv("OPENBLAS_NUM_THREADS", given)

        def threads(name):
            return os.environ.get(name)  # os.environ.get itself would be sent with our own values

        (outcome,) = run(threads, ["OPENBLAS_NUM_THREADS"], workers=2)
        assert outcome.value == (given or "1")

    @pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
    @pytest.mark.parametrize("sign", ["SIGINT", "SIGKILL"])
    def test_nothing_lives_on_when_the_run_is_broken_off(self, sign):
        code = """
            import signal, time
            from audioml.core.executor import run
            signal.signal(signal.SIGINT, signal.default_int_handler)  # off in jobs
            for outcome in run(time.sleep, [0.01] * 4 + [60] * 9, workers=2):
                print(outcome.ok, flush=True)
        """
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for _ in range(4):
            assert child.stdout.readline() == "True\n"
        if sign == "SIGINT":
            os.killpg(child.pid, 2)  # as a terminal does: everyone hears it
        else:
            child.kill()
        _, errors = child.communicate(timeout=10)
        assert errors.count("Traceback") == (sign == "SIGINT")
        assert _gone(child.pid, within=5)


def _gone(session, *, within):
    """Return whether no process of a session is left."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        stats = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                stats.append(path.read_text().rpartition(")")[2].split())
            except OSError:
                continue
        if not any(int(fields[3]) == session and fields[0] != "Z" for fields in stats):
            return True
        time.sleep(0.05)
    return False
