"""The servers that `serve` compares: how each is started, asked, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import originals
from load import Load, multipart, once
from procs import cpu_seconds

__all__ = ["Local", "Running", "Server", "audioml", "ibm_max", "litserve", "local", "running"]

HERE = Path(__file__).parent
AUDIOML = str(Path(sys.executable).with_name("audioml"))
_PATIENCE = 120.0  # seconds to the first answer
_PLAIN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Server:
    """A server's command line; ``{port}`` stands for the port."""

    name: str
    command: tuple[str, ...]
    path: str
    cwd: Path | None = None
    port: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    restless: bool = False
    """Whether it uses the processor while nobody asks: then it is stopped while others work."""


@dataclass(frozen=True)
class Running:
    """A server that has answered; ``first`` is how many seconds that took from its start."""

    server: Server
    pid: int
    url: str
    first: float

    def load(self, clip: Path) -> Load:
        """Return the upload of a clip."""
        return multipart(self.url + self.server.path, clip)

    @contextlib.contextmanager
    def awake(self) -> Iterator[None]:
        """Let it run, where it was stopped."""
        self.signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.signal(signal.SIGSTOP)

    def signal(self, number: int) -> None:
        """Send a signal to all of its processes, if it is restless."""
        if self.server.restless:
            os.killpg(self.pid, number)

    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        return cpu_seconds(self.pid)


def ibm_max(folder: Path) -> Server:
    """Return IBM MAX; its folder holds the weights in ``assets`` too."""
    python = str(originals.build("max"))
    return Server("max", (python, "app.py"), "/model/predict", folder, port=5000)


def audioml(name: str, *options: str, model: str, preset: str = "max") -> Server:
    """Return audioml's own server."""
    path = "/model/predict" if preset else f"/v1/models/{model.partition('@')[0]}/predict"
    chosen = ("--preset", preset) if preset else ()
    command = (AUDIOML, "serve", model, "--host", "127.0.0.1", "--port", "{port}", "-q")
    return Server(name, (*command, *chosen, *options), path)


def litserve(name: str, *, model: str, precision: str) -> Server:
    """Return LitServe with the same model, one BLAS thread as the model has the cores."""
    python = str(originals.build("litserve"))
    command = (python, str(HERE / "vggish_litserve.py"), model, precision, "{port}")
    return Server(name, command, "/predict", env=_PLAIN, restless=True)


@contextlib.contextmanager
def running(server: Server, clip: Path) -> Iterator[Running]:
    """Give a server that has answered to ``clip`` once; it is ended with all that it started.

    Raises
    ------
    RuntimeError
        If it ends, or does not answer, with the end of what it said.
    """
    port = server.port or _free_port()
    command = [part.replace("{port}", str(port)) for part in server.command]
    env = {**os.environ, **server.env}
    if server.port and _listens(server.port):
        raise RuntimeError(f"{server.name} needs port {port}, at which something listens already")
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=server.cwd, env=env, stdout=said, stderr=said, start_new_session=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            load = multipart(url + server.path, clip)
            while not _answers(load):
                if process.poll() is not None or time.perf_counter() - began > _PATIENCE:
                    said.seek(0)
                    raise RuntimeError(f"{server.name} does not answer: {said.read()[-3000:]}")
                time.sleep(0.01)
            yield Running(server, process.pid, url, time.perf_counter() - began)
        finally:
            _end(process)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


def _answers(load: Load) -> bool:
    """Return whether a request is answered with 200."""
    if not _listens(load.address[1]):
        return False
    return once(load, seconds=_PATIENCE).statuses[200] == 1


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGCONT)
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True)
class Local:
    """A process that works without any server, whenever it is asked to."""

    name: str
    process: subprocess.Popen[str]

    def run(self, seconds: float) -> dict[str, float]:
        """Let it work for some seconds and return ``count``, ``seconds`` and ``cpu``."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        told: dict[str, float] = json.loads(self.process.stdout.readline())
        return told


@contextlib.contextmanager
def local(name: str, *, what: str, model: str, precision: str, clip: Path) -> Iterator[Local]:
    """Give the bare model, or the whole pipeline, in a process of its own; see `vggish_local`."""
    command = [sys.executable, str(HERE / "vggish_local.py"), what, model, precision, str(clip)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, env={**os.environ, **_PLAIN}, stdin=pipe, stdout=pipe, text=True
    )
    try:
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{name} cannot be run")
        yield Local(name, process)
    finally:
        process.kill()
        process.wait()
