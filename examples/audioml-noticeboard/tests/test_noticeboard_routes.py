"""The board as clients of a server see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from audioml.core import plugin as core
from audioml.serve.catalog import Catalog
from audioml.serve.metrics import Metrics
from audioml.serve.service import Service
from audioml.serve.settings import Settings
from audioml_noticeboard import plugin
from audioml_noticeboard.board import Notice, write


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDIOML_NOTICEBOARD", str(tmp_path / "board.json"))
    return tmp_path / "board.json"


@pytest.fixture
def client(path: Path, audioml_home: Path, audioml_plugins: Callable[..., None]) -> Iterator[Any]:
    audioml_plugins(core=core, noticeboard=plugin)
    service = Service(Settings(jobs=0), Catalog([]), Metrics())
    yield service.app.test_client()
    service.close()


def test_the_board_is_answered_as_it_is_now(client: Any, path: Path) -> None:
    assert client.get("/x/noticeboard/board.json").json == {}
    notice = Notice(time="2026-05-01T12:00:00.000Z", name="a.wav", score=0.75)
    write(path, {"kettle": notice})
    assert client.get("/x/noticeboard/board.json").json == {"kettle": notice}


def test_the_page_shows_the_latest_first_and_no_html_of_others(client: Any, path: Path) -> None:
    early = Notice(time="2026-05-01T12:00:00.000Z", name="<script>.wav", score=0.75)
    write(path, {"door": early, "kettle": Notice(**{**early, "time": "2026-05-02T12:00:00.000Z"})})
    page = client.get("/x/noticeboard/").text
    assert page.index("kettle") < page.index("door")
    assert "<script>" not in page
    assert "0.75" in page


def test_an_empty_board_says_so(client: Any) -> None:
    assert "Nothing yet." in client.get("/x/noticeboard/").text
