"""The process that starts workers, replaces those that end, and hears signals."""

from __future__ import annotations

import logging
import math
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from audioml.core.errors import AudiomlError

from .forwarded import Proxies
from .hosted import Build, Limits
from .listening import refuse_new
from .log import Log
from .notify import Notifier
from .reception import KEEPALIVE
from .words import Line, Word
from .worker import PatientWorker

__all__ = ["serve"]

_LOGGER = logging.getLogger(__name__)
_INTERRUPTED = 130
_DEATHS = 3  # in a row, of workers that had not come up
_SLOWEST = 30  # seconds without a sign of life, at least, before a process is killed
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


def serve(
    build: Build,
    limits: Limits,
    *,
    longer: Mapping[str, int],
    listener: socket.socket,
    ready: Callable[[], None],
) -> int:
    """Serve until a signal ends it, and return the exit code.

    Parameters
    ----------
    ready
        Called when the first worker has built its service.

    Raises
    ------
    AudiomlError
        What `build` raised in the first worker.
    """
    master = Master(_Application(build, limits, longer), listener=listener, ready=ready)
    try:
        master.run()
    except SystemExit as end:
        if master.fault is not None:
            raise master.fault from None
        return end.code if isinstance(end.code, int) else 1
    return 0


class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's settings, from ours; it reads no file, no variable and no command line."""

    def __init__(self, build: Build, limits: Limits, longer: Mapping[str, int]) -> None:
        self.build = build
        self.limits = limits
        self.longer = longer
        self.line = Line()
        super().__init__()

    def load_config(self) -> None:
        """Set what is not as we want it by default."""
        limits = self.limits
        shared = "/dev/shm"  # noqa: S108 - for the sign of life: a disk may keep it waiting
        for name, value in {
            "bind": [],
            "child_exit": lambda master, worker: master.bury(worker),
            "control_socket_disable": True,
            "default_proc_name": "audioml serve",
            "forwarded_allow_ips": ",".join(Proxies(limits.forwarded_allow).names),
            "graceful_timeout": max(math.ceil(limits.grace), 1),
            "http_parser": "python",
            "keepalive": int(KEEPALIVE),
            "limit_request_line": 8190,
            "logger_class": Log,
            "sendfile": False,
            "threads": limits.threads,
            "timeout": max(math.ceil(limits.hang), _SLOWEST),
            "worker_class": PatientWorker,
            "worker_connections": limits.connections + limits.threads,
            "worker_tmp_dir": shared if os.access(shared, os.W_OK) else None,
            "workers": limits.workers,
        }.items():
            self.cfg.set(name, value)


class Master(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's arbiter, which knows when a worker is ready and why one could not start."""

    def __init__(
        self, application: _Application, *, listener: socket.socket, ready: Callable[[], None]
    ) -> None:
        super().__init__(application)
        self.LISTENERS = [listener]
        self.fault: AudiomlError | None = None
        self._line = application.line
        self._notifier = Notifier()
        self._tell_ready = ready
        self._ready: set[int] = set()
        self._faults: dict[int, Word] = {}
        self._served = False
        self._deaths = 0
        self._ending = False
        self._cut = False

    def signal(self, sig: int, frame: Any) -> None:
        """Note a signal; the second that shall end the server ends it at once."""
        if sig in {signal.SIGTERM, signal.SIGINT}:
            if self._ending:
                self._cut = True
                sig = signal.SIGQUIT
            self._ending = True
        super().signal(sig, frame)

    def handle_int(self) -> None:
        """End gracefully, as by SIGTERM."""
        self.handle_term()

    def handle_hup(self) -> None:
        """Start new workers; the old ones end when these are ready."""
        for _ in range(self.num_workers):
            self.spawn_worker()

    def handle_usr1(self) -> None:
        """Hear what a worker has to tell."""
        self._hear()

    def handle_usr2(self) -> None:
        """Do nothing: a new version is a new process."""

    def manage_workers(self) -> None:
        """Start what is missing; end what is too many, once those that follow are ready."""
        if len(self.WORKERS) > self.num_workers and not self._ready.issuperset(self.WORKERS):
            return
        super().manage_workers()

    def murder_workers(self) -> None:
        """Kill workers that show no life; called about once a second."""
        self._notifier.alive()
        super().murder_workers()

    def spawn_worker(self) -> int:
        """Start a worker, which never returns from here, whatever the caller would do then.

        A signal that came before the worker can take it would be lost, so they are held back.
        """
        master = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        code = 1
        try:
            return int(super().spawn_worker())
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
            raise
        finally:
            if os.getpid() != master:
                _leave(code)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def bury(self, worker: PatientWorker) -> None:
        """Decide what the end of a worker means.

        Raises
        ------
        HaltServer
            If the server cannot go on.
        """
        self._hear()
        word = self._faults.pop(worker.pid, None)
        if worker.pid in self._ready or self._ending:
            self._ready.discard(worker.pid)
            return
        if word is not None and len(self.WORKERS) >= self.num_workers:
            _LOGGER.error("%s; the old workers go on", word.sentence)
            return
        self._deaths += 1
        if word is None and self._served and self._deaths < _DEATHS:
            return
        word = word or Word(worker.pid, 1, "the worker process died while it started")
        self.fault = AudiomlError(word.sentence)
        self.fault.exit_code = word.code
        raise HaltServer(word.sentence, word.code)

    def stop(self, graceful: bool = True) -> None:
        """Let the workers end, which answer everyone who has connected."""
        self._notifier.stopping()
        for listener in self.LISTENERS:
            refuse_new(listener)
            listener.close()
        self.LISTENERS = []
        super().stop(graceful)

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        """End; the reason is told by who called `serve`."""
        self._ending = True
        try:
            super().halt()
        except SystemExit:
            sys.exit(_INTERRUPTED if self._cut else exit_status)

    def _hear(self) -> None:
        for word in self._line.heard():
            if word.code >= 0:
                self._faults[word.pid] = word
                continue
            self._ready.add(word.pid)
            self._deaths = 0
            if not self._served:
                self._served = True
                self._tell_ready()
                self._notifier.ready()


def _leave(code: int) -> None:
    """End this process without waiting for threads: a hung one would keep it."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
    os._exit(code)
