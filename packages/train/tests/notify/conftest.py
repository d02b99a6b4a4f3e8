"""A mail server and a web server of a few lines each, with certificates made on the spot."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import http.server
import json
import socketserver
import ssl
import subprocess
import threading
import types

import pytest

PASSWORD = "hunter2-and-a-half"


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("audioml.train.notify.sending._PAUSE", 0.0)


@pytest.fixture
def run_git():
    def run(folder, *arguments):
        named = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
        named += ["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"]
        command = ["git", "-C", str(folder), *named, *arguments]
        subprocess.run(command, check=True, capture_output=True)

    return run


@pytest.fixture
def repository(tmp_path, run_git):
    folder = tmp_path / "repository"
    folder.mkdir()
    run_git(folder, "init")
    (folder / "a.py").write_text("one\n")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-m", "first")
    return folder


@pytest.fixture
def private():
    """Return a function that writes credentials with mode 0600."""

    def write(path, text=f'[email]\nuser = "me"\npassword = "{PASSWORD}"\n'):
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Certificates for localhost and for another name, by an authority that nobody knows."""
    trustme = pytest.importorskip("trustme", reason="trustme is not installed")
    folder = tmp_path_factory.mktemp("authority")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    contexts = {}
    for name in ("localhost", "other.example.org"):
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(name).configure_cert(contexts[name])
    return types.SimpleNamespace(ca=str(folder / "ca.pem"), contexts=contexts)


class _Mail(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self):
        with contextlib.suppress(OSError, ValueError):
            self._handle()

    def _handle(self):
        about = self.server.about
        about.connections += 1
        self.encrypted = about.mode == "tls"
        if self.encrypted:
            self._wrap()
        if about.busy:
            about.busy -= 1
            self._say("421 come back later")
            return
        self._say("220 here")
        while line := self.rfile.readline():
            words = line.decode().split()
            about.lines.append((self.encrypted, line.decode().strip()))
            if not self._answer(words, words[0].upper() if words else ""):
                return

    def _answer(self, words, verb):
        about = self.server.about
        if verb in ("EHLO", "HELO"):
            offers = "" if self.encrypted or about.mode != "starttls" else "250-STARTTLS\r\n"
            self._say(f"250-here\r\n{offers}250 AUTH PLAIN LOGIN")
        elif verb == "STARTTLS":
            self._say("220 go on")
            self._wrap()
            self.encrypted = True
        elif verb == "AUTH":
            given = base64.b64decode(words[2]).decode()
            about.logins.append(given)
            fine = given == f"\0me\0{PASSWORD}"
            self._say("235 welcome" if fine else f"535 no such user as {words[2]} {given[1:]}")
        elif verb == "DATA":
            self._say("354 go on")
            self._take()
        elif verb == "QUIT":
            self._say("221 bye")
            return False
        else:
            self._say("250 fine")
        return True

    def _take(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.about.messages.append(message)
        self._say("250 taken")

    def _wrap(self):
        self.connection = self.server.about.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def _say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class _Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextlib.contextmanager
def _serving(server, about):
    server.about = about
    about.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield about
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def mail_server(authority):
    """Return a function that starts a mail server: ``tls``, ``starttls`` or ``plain``."""
    with contextlib.ExitStack() as stack:

        def start(mode="tls", *, name="localhost", busy=0):
            about = types.SimpleNamespace(
                mode=mode, busy=busy, context=authority.contexts[name], messages=[], lines=[],
                logins=[], connections=0, ca=authority.ca,
            )  # fmt: skip
            return stack.enter_context(_serving(_Threads(("127.0.0.1", 0), _Mail), about))

        yield start


class _Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        about = self.server.about
        body = self.rfile.read(int(self.headers["Content-Length"]))
        about.posts.append((self.path, self.headers["Content-Type"], json.loads(body)))
        code = about.codes.pop(0) if about.codes else 200
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *arguments):
        pass


class _Web(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that does not trust the certificate hangs up


@pytest.fixture
def web_server(authority):
    """Return a function that starts an https server that answers with these codes."""
    with contextlib.ExitStack() as stack:

        def start(*codes, name="localhost"):
            about = types.SimpleNamespace(codes=list(codes), posts=[], ca=authority.ca)
            server = _Web(("127.0.0.1", 0), _Hook)
            server.socket = authority.contexts[name].wrap_socket(server.socket, server_side=True)
            return stack.enter_context(_serving(server, about))

        yield start


@pytest.fixture
def manifest(tmp_path):
    from audioml.train.runs import Artifact, Manifest

    folder = tmp_path / "run"
    (folder / "artifacts").mkdir(parents=True)
    (folder / "artifacts" / "loss.png").write_bytes(b"\x89PNG small")
    (folder / "artifacts" / "big.png").write_bytes(b"\x89PNG" + bytes(2 << 20))
    return Manifest(
        id="0123456789ab",
        task="transcription",
        status="completed",
        started="2025-01-31T12:00:00.000Z",
        ended="2025-01-31T13:02:03.000Z",
        seconds=3723.0,
        metrics={"test/f1": 0.9125, "test/loss": None},
        model="model",
        artifacts=(
            Artifact("artifacts/loss.png", "plot", "image/png", 10),
            Artifact("artifacts/big.png", "plot", "image/png", 4 + (2 << 20)),
            Artifact("artifacts/gone.png", "plot", "image/png", 4),
        ),
        machine={"host": "trainer"},
        folder=str(folder),
    )
