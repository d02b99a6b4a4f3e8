from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `running_client`

import running_client

if not hasattr(os, "fork"):
    collect_ignore_glob = ["test_serving_*.py"]  # they are about gunicorn


@pytest.fixture
def starting(tmp_path):
    """Start servers without waiting for them; all are gone after the test."""
    servers = []

    def start(**told):
        marks = tmp_path / f"marks-{len(servers)}"
        marks.mkdir()
        servers.append(running_client.Server(marks, **told))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def serving(starting):
    """Start servers; `serving(threads=2)` returns one that is ready."""
    return lambda **told: starting(**told).ready()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for tests that only ask."""
    server = running_client.Server(tmp_path_factory.mktemp("marks"))
    try:
        yield server.ready()
    finally:
        server.kill()
