from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from audioml.core.errors import AudioError, PluginError, WorkerError
from audioml.edge.pickled.worker import Worker

from .conftest import of_source

NAUGHTY = """
def get_features(y, sr, hop_size=None):
    import ctypes, os, sys, time
    import numpy as np
    mode = int(y[0])
    if mode == 1:
        ctypes.string_at(0)
    if mode == 2:
        while True:
            pass
    if mode == 3:
        os._exit(7)
    if mode == 4:
        raise ZeroDivisionError("no sound\\nin two lines")
    if mode == 5:
        return bytearray(8 << 30)
    if mode == 6:
        sys.exit("enough")
    if mode == 7:
        import util
    if mode == 8:
        print("printed by the pickle")
        os.write(1, b"written by the pickle\\n")
        assert sys.stdin.read() == ""
    returned = {
        10: [[1.0]], 11: np.zeros(3), 12: np.zeros((0, 64, 51)), 13: np.full((2, 3), np.nan),
        14: np.array([[None]]), 15: np.zeros((1, 2), complex), 16: None,
    }
    return returned.get(mode, np.full((2, 3), len(y) / sr))
"""


def samples(mode: int) -> np.ndarray:
    return np.full(800, mode, np.float32)


@pytest.fixture
def worker():
    made = Worker(of_source(NAUGHTY), name="x.pkl", timeout=30.0, memory_mb=2048)
    yield made
    made.close()


def test_features_come_back_as_float32_and_the_child_stays(worker):
    assert worker.pid is None
    found = worker(samples(0), rate=8000)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.full((2, 3), 0.1))
    pid = worker.pid
    worker(samples(0), rate=8000)
    assert worker.pid == pid


@pytest.mark.parametrize(
    ("mode", "error", "sentence"),
    [
        (1, WorkerError, r"^x\.pkl crashed \(SIGSEGV\) while it worked$"),
        (3, WorkerError, r"^x\.pkl ended its process with exit code 7 while it worked$"),
        (4, AudioError, r"^x\.pkl fails for this audio: ZeroDivisionError: no sound$"),
        (5, WorkerError, r"needs more than 2048 MiB of memory: .*; raise 'memory_mb'"),
        (6, AudioError, "SystemExit: enough"),
        (7, PluginError, "refers to the module 'util', .* audioml edge export-features"),
        (10, PluginError, "but it returned an object of type list"),
        (11, PluginError, r"features of shape \(windows, ...\), got \(3,\)"),
        (12, AudioError, r"no features for 0.1 s of audio, got shape \(0, 64, 51\)"),
        (13, AudioError, "nothing but NaN"),
        (14, PluginError, "array of object"),
        (15, PluginError, "array of complex128"),
        (16, PluginError, "type NoneType"),
    ],
)
def test_whatever_goes_wrong_is_one_sentence_and_the_next_call_works(worker, mode, error, sentence):
    with pytest.raises(error, match=sentence):
        worker(samples(mode), rate=8000)
    assert worker(samples(0), rate=8000).shape == (2, 3)


def test_a_hanging_pickle_is_ended(worker):
    worker(samples(0), rate=8000)
    worker._timeout = 0.3
    began = time.monotonic()
    with pytest.raises(WorkerError, match=r"took longer than 0\.3 s and was ended"):
        worker(samples(2), rate=8000)
    assert time.monotonic() - began < 5
    worker._timeout = 30.0
    assert worker(samples(0), rate=8000).shape == (2, 3)


def test_a_child_that_died_between_calls_is_replaced(worker):
    worker(samples(0), rate=8000)
    os.kill(worker.pid, signal.SIGKILL)
    while worker.pid:
        time.sleep(0.01)
    assert worker(samples(0), rate=8000).shape == (2, 3)


def test_a_child_outlives_the_thread_that_started_it(worker):
    thread = threading.Thread(target=worker, args=(samples(0),), kwargs={"rate": 8000})
    thread.start()
    thread.join()
    pid = worker.pid
    assert worker(samples(0), rate=8000).shape == (2, 3)
    assert worker.pid == pid


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_gets_a_child_of_its_own(worker):
    worker(samples(0), rate=8000)
    forked = os.fork()
    if not forked:
        code = 1
        try:
            code = 0 if worker(samples(0), rate=8000).shape == (2, 3) else 1
            worker.close()
        finally:
            os._exit(code)
    assert os.waitpid(forked, 0)[1] == 0
    assert worker(samples(0), rate=8000).shape == (2, 3)


def test_an_interrupted_call_leaves_no_child_behind(worker):
    worker(samples(0), rate=8000)
    pid = worker.pid
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            worker(samples(2), rate=8000)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not _lives(pid)
    assert worker(samples(0), rate=8000).shape == (2, 3)


def test_ctrl_c_does_not_reach_the_child(worker):
    worker(samples(0), rate=8000)
    assert os.getsid(worker.pid) != os.getsid(0)
    os.kill(worker.pid, signal.SIGINT)
    assert worker(samples(0), rate=8000).shape == (2, 3)


def test_what_the_pickle_prints_goes_to_stderr(worker, capfd):
    assert worker(samples(8), rate=8000).shape == (2, 3)
    worker.close()
    out, err = capfd.readouterr()
    assert out == ""
    assert "printed by the pickle" in err
    assert "written by the pickle" in err


def test_the_whole_traceback_is_logged(worker, caplog):
    caplog.set_level(logging.INFO, "audioml")
    with pytest.raises(AudioError):
        worker(samples(4), rate=8000)
    assert 'features.py", line' in caplog.text


def test_a_pickle_of_something_else_is_refused():
    import pickle

    worker = Worker(pickle.dumps({"a": 1}), name="x.pkl", timeout=30.0, memory_mb=2048)
    with pytest.raises(PluginError, match="but it holds an object of type dict"):
        worker(samples(0), rate=8000)


def test_a_pickle_that_names_what_is_not_there_cannot_be_loaded():
    worker = Worker(b"cos\nno_such_function\n.", name="x.pkl", timeout=30.0, memory_mb=2048)
    with pytest.raises(PluginError, match=r"x\.pkl cannot be loaded: AttributeError"):
        worker(samples(0), rate=8000)


def test_hop_size_is_handed_on_where_it_is_asked_for():
    source = """
def get_features(y, sr, hop_size=None):
    import numpy as np
    return np.full((1, 1), -1.0 if hop_size is None else hop_size)
"""
    worker = Worker(of_source(source), name="x.pkl", timeout=30.0, memory_mb=2048)
    assert worker(samples(0), rate=8000) == -1
    assert worker(samples(0), rate=8000, hop=0.25) == 0.25
    worker.close()


def test_losing_a_worker_ends_its_child(worker):
    other = Worker(of_source(NAUGHTY), name="x.pkl", timeout=30.0, memory_mb=2048)
    other(samples(0), rate=8000)
    pid = other.pid
    del other
    assert not _lives(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_the_child_dies_with_its_parent_even_while_it_works(tmp_path):
    script = f"""
import numpy as np, threading, time
from audioml.edge.pickled.worker import Worker
data = open({str(tmp_path / "x.pkl")!r}, "rb").read()
worker = Worker(data, name="x", timeout=100.0, memory_mb=2048)
worker(np.zeros(800, "f4"), rate=8000)
threading.Timer(0.3, lambda: print(worker._child.process.pid, flush=True)).start()
worker(np.full(800, 2, "f4"), rate=8000)
"""
    (tmp_path / "x.pkl").write_bytes(of_source(NAUGHTY))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        assert _lives(pid)
        parent.kill()
    deadline = time.monotonic() + 5
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # one that nobody has waited for is dead too
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
