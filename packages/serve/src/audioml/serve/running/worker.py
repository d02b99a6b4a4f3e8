"""A worker process: gunicorn's threads, behind a reception that is patient with slow clients."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from audioml.core.errors import AudiomlError

from .connection import Connection
from .forwarded import Proxies
from .hosted import Hosted
from .reception import Reception
from .refusal import Refused, answer

__all__ = ["PatientWorker"]

_CHECKS = frozenset({"/healthz", "/readyz"})
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
_QUIET = 0.2  # seconds without a new connection after which the queue is taken for empty
_DOORS = 1.0  # seconds for which it is emptied at most
_IDLE = 2.0  # seconds for a request that is on its way on an idle connection
_CLOSING = 1.0  # seconds of the grace that are left to close everything
_LAST = 3.0  # seconds for what a stuck process can still answer


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Runs the service in one process.

    Of gunicorn's worker stay the threads, the way in which they come back to the event loop, and
    how a request becomes an environment and an answer (`handle_request`). What reads from sockets,
    and when a connection is held or closed, is the `Reception`'s.
    """

    service: Hosted | None = None
    reception: Reception
    _streams: ThreadPoolExecutor
    _checks: ThreadPoolExecutor
    _streaming = 0
    _stuck = False
    _swept = 0.0

    def init_signals(self) -> None:
        """Take signals; SIGINT of a terminal comes to all processes and is the master's matter."""
        super().init_signals()
        signal.signal(signal.SIGINT, self.handle_exit)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.siginterrupt(signal.SIGINT, False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """End when everything is answered; at once while there is nothing that could be asked."""
        if self.service is None:
            sys.exit(0)
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once."""
        os._exit(0)

    def load_wsgi(self) -> None:
        """Build the service, and tell the master how that went."""
        line = self.app.line
        try:
            with self._beating():
                self.service = self.app.build()
        except AudiomlError as error:
            line.tell(error.exit_code, str(error))
            sys.exit(0)
        except Exception as error:  # a bug, told with its traceback
            self.log.exception("the service cannot be built")
            line.tell(1, f"the service cannot be built: {type(error).__name__}: {error}")
            sys.exit(0)
        self.wsgi = _told(Proxies(self.app.limits.forwarded_allow).applied(self.service.app))
        line.tell(-1)

    def run(self) -> None:
        """Answer requests until it shall end."""
        assert self.service is not None
        self._streams = ThreadPoolExecutor(max_workers=self.cfg.threads)
        self._checks = ThreadPoolExecutor(max_workers=2)
        self.reception = Reception(
            self.poller,
            config=self.cfg,
            limits=self.app.limits,
            longer=self.app.longer,
            begin=self._begin,
            log=self.log.exception,
        )
        _raise_file_limit()
        self.poller.register(
            self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks
        )
        self.reception.listen(self.sockets)
        while self.alive:
            self._turn(self.reception.patience)
        self._drain(self.service)

    def finish_request(self, conn: Connection, fs: Future[bool]) -> None:
        """Give a connection back to the reception; called in the event loop."""
        if conn.stream is not None:
            self._streaming -= 1
        try:
            self.reception.done(conn, keep=bool(fs.result()))
        except Exception:  # whatever it is, other connections go on
            self.log.exception("a connection failed")

    def handle(self, conn: Connection) -> bool:
        """Answer a request, in a thread; return whether the connection may be kept."""
        try:
            return self.handle_request(conn.request, conn) and conn.read_away()
        except (OSError, StopIteration):
            return False  # the client went away, or sends what is no body
        except (Exception, SystemExit):  # a bug: the connection closes
            self.log.exception("a request failed")
            self._apologise(conn)
            return False

    def _apologise(self, conn: Connection) -> None:
        with contextlib.suppress(OSError):
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            conn.sock.sendall(answer(status, "the server has a fault; its log says which"))

    def _begin(self, conn: Connection) -> None:
        """Give a request to a thread.

        A stream takes as long as its client likes, and so has threads of its own. So have those
        who ask after our health: they must be answered however many are slow to take answers.
        """
        path = conn.request.path if conn.request else ""
        pool = self._checks if path in _CHECKS else self.tpool
        if conn.stream is not None:
            if self._streaming >= self.cfg.threads:
                conn.stream = None
                detail = f"{self._streaming} streams are under way; begin this one again later"
                self.reception.refuse(conn, Refused(503, detail))
                return
            self._streaming += 1
            pool = self._streams
        future = pool.submit(self.handle, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _turn(self, seconds: float) -> None:
        """Do what is to be done, and wait for it at most so long."""
        self.wait_for_and_dispatch_events(timeout=seconds)
        now = time.monotonic()
        if now - self._swept < 0.9 * seconds:
            return
        self._swept = now
        self.notify()
        self.reception.sweep()
        if not self.is_parent_alive():
            self.alive = False
        if self.alive and self.service is not None and (sentence := self.service.stuck()):
            self.log.error("%s; this process is replaced", sentence)
            self._stuck = True
            self.alive = False

    def _drain(self, service: Hosted) -> None:
        """Answer what was asked, and end."""
        began, grace = time.monotonic(), self.cfg.graceful_timeout
        self.reception.hasten(began + min(_IDLE, grace / 4))
        service.drain()
        if not self._stuck:
            self._empty_queue(began)
        self.reception.close_doors()
        for listener in self.sockets:
            listener.close()
        last = began + (_LAST if self._stuck else max(grace - _CLOSING, grace / 2))
        while self.reception.open and time.monotonic() < last:
            self._turn(0.05)
        self.reception.close()
        if not self._stuck:
            service.close()

    def _empty_queue(self, began: float) -> None:
        """Accept who is connected already; for some time, connections are on their way."""
        while True:
            now = time.monotonic()
            if now - max(began, self.reception.accepted) > _QUIET or now - began > _DOORS:
                return
            self._turn(0.02)

    @contextlib.contextmanager
    def _beating(self) -> Iterator[None]:
        """Show life meanwhile: to load a large model may take longer than a hung one is given."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(1.0):
                self.notify()

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _told(app: Callable[..., Any]) -> Callable[..., Any]:
    """Return an application whose environment tells whether the client has gone."""

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        environ["audioml.disconnected"] = environ["gunicorn.socket"].gone
        return app(environ, start_response)

    return call


def _raise_file_limit() -> None:
    """Allow as many open files as the system allows: each connection is one, or two."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
