"""The same corpus, to the byte, whichever engine worked; Spark and Ray where installed."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prepare_songs import RATE, plain, tune, write

pytestmark = pytest.mark.slow


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(("engine", "module"), [("spark", "pyspark"), ("ray", "ray")])
def test_engines_make_what_one_process_makes(engine, module, tmp_path, made, out):
    pytest.importorskip(module)
    raw = plain(tmp_path / "raw", 10)
    (raw / "x.mp3").touch()
    made(raw)
    alone = files(out)
    report = made(raw, engine=engine, again=True, workers=2)
    assert [each.id for each in report.quarantined] == ["x"]
    assert files(out) == alone


def _port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def cluster(tmp_path):
    """A master and two workers, each a process: the address of the one, and the other two."""
    pyspark = pytest.importorskip("pyspark")
    url, log = f"spark://127.0.0.1:{_port()}", tmp_path / "master.log"
    program = Path(pyspark.__file__).parent / "bin" / "spark-class"
    env = {
        **os.environ,
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(tmp_path / "work"),
        "PYSPARK_PYTHON": sys.executable,
    }

    def start(stack, file, name, *arguments):
        words = [program, f"org.apache.spark.deploy.{name}", "-h", "127.0.0.1", *arguments]
        process = subprocess.Popen(words, env=env, stdout=file, stderr=file)
        stack.callback(process.wait)
        stack.callback(process.kill)
        return process

    with contextlib.ExitStack() as stack:
        file = stack.enter_context(log.open("w"))
        port = url.rpartition(":")[2]
        start(stack, file, "master.Master", "-p", port, "--webui-port", "0")
        about = ("-c", "1", "-m", "1g", "--webui-port", "0", url)
        workers = [start(stack, file, "worker.Worker", *about) for _ in range(2)]
        patience = time.monotonic() + 180
        while log.read_text().count("Registering worker") < 2:
            assert time.monotonic() < patience, log.read_text()
            time.sleep(0.2)
        yield url, workers


def test_a_cluster_that_loses_a_worker_makes_the_same(cluster, tmp_path, made, out):
    url, workers = cluster
    raw, kept = tmp_path / "raw", tmp_path / "kept"
    for n in range(60):
        write(raw / f"{n}.wav", tune(n, seconds=20, rate=44100), rate=44100)
    words = ("generate", "prepare", raw, "-o", out, "--rate", RATE, "--parquet", kept)
    words = (*words, "--engine", "spark", "--master", url, "-j", 8)
    process = subprocess.Popen([sys.executable, "-m", "audioml.core.cli", *map(str, words)])
    while not list(kept.glob("part-*")) and process.poll() is None:
        time.sleep(0.01)
    workers[0].kill()
    ready = len(list(kept.glob("part-*")))
    assert process.wait() == 0
    assert 0 < ready < 30  # of thirty units
    made(raw, destination=tmp_path / "alone")
    assert files(out) == files(tmp_path / "alone")
