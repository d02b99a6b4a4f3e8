"""pytest fixtures, found by pytest itself wherever audioml-core is installed."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["CliResult", "audioml_cli", "audioml_home", "audioml_plugins"]


@dataclass(frozen=True, slots=True)
class CliResult:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def audioml_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty store of this test's own."""
    home = tmp_path / "audioml-home"
    monkeypatch.setenv("AUDIOML_HOME", str(home))
    return home


@pytest.fixture
def audioml_plugins() -> Iterator[Callable[..., None]]:
    """Return a function that puts the given plugins, by name, in place of the installed ones."""
    from audioml.core.plugins import Registry, using

    with contextlib.ExitStack() as stack:

        def use(**plugins: object) -> None:
            stack.enter_context(using(Registry(plugins)))

        yield use


@pytest.fixture
def audioml_cli(capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[Callable[..., CliResult]]:
    """Return a function that runs the command line in this process."""
    from audioml.core.cli.main import run

    logger = logging.getLogger("audioml")
    before = (logger.handlers[:], logger.level, logger.propagate)

    def call(*arguments: str) -> CliResult:
        capfdbinary.readouterr()
        code = run(arguments)
        out, err = capfdbinary.readouterr()
        return CliResult(code, out.decode(errors="replace"), err.decode(errors="replace"))

    yield call
    logger.handlers[:], at, logger.propagate = before  # what `caplog` hears
    logger.setLevel(at)
