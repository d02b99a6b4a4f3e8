"""How it starts, ends, and replaces what fails."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from running_client import Client, request, wait_until


def test_it_ends_at_sigterm_and_closes_the_service(serving):
    server = serving()
    assert server.end() == 0
    server.mark("drained")
    server.mark("closed")
    assert server.text().count("\n") == 1, "it said more than where it serves"


def test_ctrl_c_in_a_terminal_reaches_everyone_and_still_ends_well(serving):
    server = serving()
    with server.connect() as client:
        client.send(request("/sleep?s=0.5"))
        server.mark("sleeping")
        os.killpg(server.pid, signal.SIGINT)
        assert client.answer().text == "slept"
    assert server.process.wait(10) == 0
    assert "Traceback" not in server.text()


def test_what_is_under_way_is_answered_and_readiness_ends_at_once(serving):
    server = serving()
    with server.connect() as idle, server.connect() as busy, server.connect() as half:
        assert idle.ask("/ready").text == "ready"
        busy.send(request("/sleep?s=0.6"))
        half.send(request("/echo", Content_Length="3", method="POST") + b"a")
        server.mark("sleeping")
        server.process.send_signal(signal.SIGTERM)
        server.mark("drained")
        answer = idle.ask("/ready")
        assert (answer.status, answer.headers["connection"]) == (503, "close")
        half.send(b"bc")
        assert half.answer().text.startswith("3 ")
        answer = busy.answer()
        assert (answer.text, answer.headers["connection"]) == ("slept", "close")
        assert busy.closed()
    assert server.process.wait(10) == 0


def test_who_has_connected_is_answered_though_nobody_accepted_yet(serving):
    server = serving()
    worker = server.workers[0]
    os.kill(worker, signal.SIGSTOP)
    clients = [server.connect() for _ in range(50)]
    for client in clients[:25]:
        client.send(request("/small"))
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    os.kill(worker, signal.SIGCONT)
    for client in clients[25:]:
        client.send(request("/small"))
    for client in clients:
        assert client.answer().text == "small"
        client.sock.close()
    assert server.process.wait(10) == 0


def hammer(server, over, lost, number):
    """Ask again and again, each time on a connection of its own or on the same one."""
    client = None
    while not over.is_set():
        if client is None:
            try:
                client = server.connect(timeout=10)
            except OSError:
                return  # refused
        try:
            if client.ask("/echo", b"x" * 5000).headers["connection"] == "close" or number % 2:
                client.sock.close()
                client = None
        except (OSError, EOFError) as error:
            lost.append(repr(error))
            return


def hammering(server, while_it):
    """Return what was lost by eight clients."""
    over, lost = threading.Event(), []
    threads = [
        threading.Thread(target=hammer, args=(server, over, lost, n), daemon=True) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    while_it()
    over.set()
    for thread in threads:
        thread.join(15)
    assert not any(thread.is_alive() for thread in threads)
    return lost


def test_no_request_is_lost_at_the_end(serving):
    server = serving(workers=2)
    assert hammering(server, lambda: server.end() == 0) == []
    assert server.process.returncode == 0


def test_new_workers_take_over_without_losing_a_request(serving):
    server = serving()
    old = server.get("/pid").text

    def renew():
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.workers and old not in map(str, server.workers))

    assert hammering(server, renew) == []
    assert server.get("/pid").text != old
    assert server.end() == 0


def test_old_workers_go_on_where_new_ones_cannot_start(serving):
    server = serving()
    old = server.get("/pid").text
    (server.marks / "build").write_text("missing")
    server.process.send_signal(signal.SIGHUP)
    assert "no model 'x'" in server.wait_for("the old workers go on")
    assert server.get("/pid").text == old


def test_a_second_signal_ends_it_at_once(serving):
    server = serving(grace=60)
    with server.connect() as client:
        client.send(request("/sleep?s=60"))
        server.mark("sleeping")
        server.process.send_signal(signal.SIGTERM)
        server.mark("drained")
        assert server.end(timeout=5) == 130
        assert client.closed()


def test_it_ends_within_its_grace_whatever_hangs(serving):
    server = serving(grace=2)
    with server.connect() as client:
        client.send(request("/sleep?s=60"))
        server.mark("sleeping")
        assert server.end(timeout=8) == 0
        assert client.closed()


def test_a_worker_that_is_killed_is_replaced(serving):
    server = serving()
    old = server.workers[0]
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: server.workers and server.workers[0] != old)
    assert server.get("/pid").text == str(server.workers[0])
    assert server.end() == 0


def test_a_worker_whose_model_hangs_is_replaced(serving):
    server = serving(threads=2)
    old = server.get("/pid").text
    with server.connect() as hung, server.connect() as other:
        other.send(request("/sleep?s=1.5"))
        server.mark("sleeping")
        hung.send(request("/hang"))
        server.wait_for("model 'tiny' hangs; this process is replaced")
        assert other.answer().text == "slept"
        assert server.get("/pid").text != old
        assert hung.closed()
    assert not (server.marks / "closed").exists(), "who closes what hangs, hangs"


def test_workers_end_with_their_master(serving):
    server = serving()
    (worker,) = server.workers
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait(5)
    wait_until(lambda: not Path(f"/proc/{worker}").exists() or _is_zombie(worker))


def _is_zombie(pid):
    with contextlib.suppress(FileNotFoundError):
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    return True


@pytest.mark.parametrize("workers", [1, 2])
def test_a_service_that_cannot_be_built_ends_it_with_one_sentence(starting, workers):
    server = starting(build="missing", workers=workers)
    assert server.process.wait(10) == 3
    assert server.text() == "audioml: no model 'x' in the store; see: audioml models\n"


def test_a_bug_in_the_building_is_shown_and_ends_it(starting):
    server = starting(build="bug")
    assert server.process.wait(10) == 1
    assert "Traceback" in server.text()
    assert server.said[-1] == "audioml: the service cannot be built: TypeError: a bug\n"


def test_a_worker_that_dies_while_it_starts_ends_it(starting):
    server = starting(build="dies")
    assert server.process.wait(10) == 1
    assert "died while it started" in server.said[-1]


def test_it_can_be_ended_while_it_starts(starting):
    server = starting(build="takes long", grace=30)
    wait_until(lambda: server.workers)
    time.sleep(0.2)
    assert server.end(timeout=5) == 0


def test_a_port_in_use_is_told(starting, shared):
    server = starting(port=shared.port)
    assert server.process.wait(10) == 1
    (said,) = server.text().splitlines()
    assert f"port {shared.port} of 127.0.0.1 is in use" in said


def test_it_serves_at_a_path(serving, tmp_path):
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    server = serving(host=f"unix:{path}")
    assert server.url == f"unix:{path}"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        assert Client(sock).ask("/small").text == "small"
    assert server.end() == 0
    assert not path.exists()


def test_it_serves_at_an_address_of_ipv6(serving):
    try:
        server = serving(host="::1")
    except AssertionError:
        pytest.skip("this machine has no IPv6")
    assert server.url == f"http://[::1]:{server.port}"
    with socket.create_connection(("::1", server.port)) as sock:
        assert Client(sock).ask("/who").text == "::1"


def test_the_service_manager_hears_when_it_is_ready_and_when_it_ends(starting, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(10)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
        server = starting(environ=environ).ready()
        assert heard.recv(100) == b"READY=1"
        assert heard.recv(100) == b"WATCHDOG=1"
        server.process.send_signal(signal.SIGTERM)
        while (state := heard.recv(100)) != b"STOPPING=1":
            assert state == b"WATCHDOG=1"


def test_what_is_heavy_is_imported_by_workers_alone(serving):
    server = serving()
    assert "_sqlite3" in Path(f"/proc/{server.workers[0]}/maps").read_text()
    assert "_sqlite3" not in Path(f"/proc/{server.pid}/maps").read_text()
