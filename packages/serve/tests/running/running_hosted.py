"""A server with a tiny application, as a process of its own: `python running_hosted.py '{...}'`."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from audioml.core.cli import output
from audioml.core.errors import AudiomlError, NotFoundError


@dataclass
class Limits:
    host: str = "127.0.0.1"
    port: int = 0
    workers: int = 1
    threads: int = 4
    connections: int = 1000
    header_timeout: float = 10.0
    body_timeout: float = 10.0
    body_rate: float = 0.0
    max_body: int = 20_000_000
    grace: float = 10.0
    hang: float = 60.0
    forwarded_allow: str = ""


class Tiny:
    """Answers by the path; see the methods."""

    def __init__(self, marks: Path):
        self.marks = marks
        self.draining = False
        self.hangs = False

    def drain(self):
        self.draining = True
        (self.marks / "drained").touch()

    def close(self):
        (self.marks / "closed").touch()

    def stuck(self):
        return "model 'tiny' hangs" if self.hangs else None

    def app(self, environ, start_response):
        query = parse_qs(environ["QUERY_STRING"])
        wanted = environ["PATH_INFO"].strip("/").split("/")[0]
        answer = getattr(self, f"do_{wanted}")(environ, **{k: v[0] for k, v in query.items()})
        if not isinstance(answer, str | bytes):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return answer
        body = answer.encode() if isinstance(answer, str) else answer
        status = "503 Draining" if body == b"draining" else "200 OK"
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]

    def do_small(self, environ):
        return "small"

    def do_pid(self, environ):
        return str(os.getpid())

    def do_master(self, environ):
        return str(os.getppid())

    def do_ready(self, environ):
        return "draining" if self.draining else "ready"

    def do_who(self, environ):
        return environ["REMOTE_ADDR"]

    def do_unread(self, environ):
        return "unread"

    def do_echo(self, environ):
        length = check = 0
        try:
            while data := environ["wsgi.input"].read(65536):
                length += len(data)
                check = zlib.crc32(data, check)
        except OSError:
            (self.marks / "broken").touch()
            raise
        return f"{length} {check}"

    def do_sleep(self, environ, s):
        (self.marks / "sleeping").touch()
        time.sleep(float(s))
        return "slept"

    def do_big(self, environ, n):
        return bytes(int(n))

    def do_upper(self, environ):
        return (line.upper() for line in environ["wsgi.input"])

    def do_endless(self, environ):
        def pieces():
            try:
                while True:
                    yield bytes(100_000)
            finally:
                (self.marks / "left").touch()

        return pieces()

    def do_gone(self, environ):
        gone = environ["audioml.disconnected"]
        (self.marks / f"asked-{gone()}").touch()
        end = time.monotonic() + 60
        while not gone() and time.monotonic() < end:
            time.sleep(0.01)
        (self.marks / f"gone-{gone()}").touch()
        return "nobody"

    def do_fault(self, environ):
        raise ZeroDivisionError("a bug")

    def do_hang(self, environ):
        self.hangs = True
        threading.Event().wait()


def build(told):
    """Make the service, or fail as the test wants it: the word may also be in a file."""
    import sqlite3  # noqa: F401 - stands for what is heavy

    how = told["build"]
    switch = Path(told["marks"]) / "build"
    if switch.exists():
        how = switch.read_text()
    match how:
        case "missing":
            raise NotFoundError("no model 'x' in the store; see: audioml models")
        case "bug":
            raise TypeError("a bug")
        case "dies":
            os._exit(9)
        case "takes long":
            time.sleep(30)
    return Tiny(Path(told["marks"]))


def main():
    told = json.loads(sys.argv[1])
    output.configure_logging()
    from audioml.serve.running import run

    try:
        code = run(
            lambda: build(told),
            Limits(**told["limits"]),
            server=told["server"],
            longer={"/echo/long": 30_000_000},
        )
    except AudiomlError as error:
        output.say(str(error))
        code = error.exit_code
    sys.exit(code)


if __name__ == "__main__":
    main()
