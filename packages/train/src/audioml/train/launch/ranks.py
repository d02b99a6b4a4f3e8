"""Several processes that train together, started from the configuration that the run has kept."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from audioml.core.errors import AudiomlError, WorkerError

__all__ = ["error_path", "reached_path", "run_ranks"]

_GRACE = 10.0  # seconds to end by themselves, for Lightning to close its loggers


def reached_path(folder: Path) -> Path:
    """Return where the first process leaves what was reached."""
    return folder / "reached.json"


def error_path(folder: Path, rank: int) -> Path:
    """Return where a process leaves the sentence with which it failed."""
    return folder / f"failed-{rank}.json"


def run_ranks(folder: Path, world: int, *, threads: int) -> dict[str, Any]:
    """Train in ``world`` processes on this machine, and return what `fit` returns.

    Raises
    ------
    WorkerError
        If a process ended otherwise than by itself; the others are ended too.
    """
    for path in [reached_path(folder), *(error_path(folder, rank) for rank in range(world))]:
        path.unlink(missing_ok=True)
    port = _free_port()
    started = [_start(folder, rank, world, port, threads) for rank in range(world)]
    try:
        _wait(started)
    finally:
        _end(started)
    _refuse(folder, started)
    reached: dict[str, Any] = json.loads(reached_path(folder).read_bytes())
    reached_path(folder).unlink()
    reached["checkpoints"] = tuple(reached["checkpoints"])
    return reached


def _start(folder: Path, rank: int, world: int, port: int, threads: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(world),
        "LOCAL_RANK": str(rank),
        "NODE_RANK": "0",
        "OMP_NUM_THREADS": str(threads),
    }
    if sys.platform == "linux":
        environment.setdefault("GLOO_SOCKET_IFNAME", "lo")  # the host's name may lead nowhere
    command = [sys.executable, "-m", "audioml.train.launch.rank", str(folder), "--watch"]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)


def _free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        port: int = each.getsockname()[1]
        return port


def _wait(started: list[subprocess.Popen[bytes]]) -> None:
    """Wait until all have ended well, or one has not."""
    while True:
        codes = [process.poll() for process in started]
        if all(code == 0 for code in codes) or any(code for code in codes):
            return
        time.sleep(0.1)


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    """End those that still run: they hang in a conversation with one that is gone."""
    until = time.monotonic() + _GRACE
    for process in started:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if process.poll() is None and any(each.poll() for each in started):
                process.wait(max(min(2.0, until - time.monotonic()), 0.0))
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


class _RankError(AudiomlError):
    """A failure that one of the processes told, with its exit code."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def _refuse(folder: Path, started: list[subprocess.Popen[bytes]]) -> None:
    for rank in range(len(started)):
        path = error_path(folder, rank)
        if path.is_file():
            told = json.loads(path.read_bytes())
            path.unlink()
            raise _RankError(told["sentence"], told["exit_code"])
    for rank, process in enumerate(started):
        if process.returncode > 0 or (process.returncode < 0 and process.returncode != -9):
            raise WorkerError(_sentence(rank, len(started), process.returncode))
    for rank, process in enumerate(started):
        if process.returncode:
            raise WorkerError(_sentence(rank, len(started), process.returncode))


def _sentence(rank: int, world: int, code: int) -> str:
    how = f"by signal {-code}" if code < 0 else f"with code {code}"
    return f"process {rank} of {world} was ended {how}; go on with ckpt_path= and this run's folder"
