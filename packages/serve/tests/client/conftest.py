from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from stand_in import PREDICTION, Reply, Stand, document

from audioml.serve.client import Client


@pytest.fixture
def stand():
    stand = Stand()
    stand.will(Reply(body=document(PREDICTION)))
    yield stand
    stand.close()


@pytest.fixture
def client(stand):
    with Client(stand.url, timeout=5.0, retries=2) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_settings_of_the_caller(monkeypatch):
    for name in ("AUDIOML_API_KEY", "AUDIOML_SERVE_URL"):
        monkeypatch.delenv(name, raising=False)
