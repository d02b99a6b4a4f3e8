"""pytest fixtures, found by pytest itself wherever audioml-core is installed."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from audioml.core.values import Audio

__all__ = [
    "CliResult",
    "audioml_audio",
    "audioml_cli",
    "audioml_home",
    "audioml_model_folder",
    "audioml_plugins",
]


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
def audioml_audio() -> Callable[..., Audio]:
    """Return a function that makes sound: ``music``, ``noise``, ``sine`` or ``silence``.

    ``audioml_audio("sine", seconds=2.0, rate=16000, channels=2, start=1.5)``; the seconds of music
    are those of the whole song.
    """
    import numpy as np

    from audioml.core.testing import sounds
    from audioml.core.values import Audio

    def make(
        kind: str = "noise",
        *,
        seconds: float = 1.0,
        rate: int = 16000,
        channels: int = 1,
        start: float = 0.0,
    ) -> Audio:
        if kind == "music":
            made, _ = sounds.music(bar=seconds / len(sounds.PROGRESSION), rate=rate)
        else:
            made = getattr(sounds, kind)(seconds=seconds, rate=rate)
        return Audio(np.repeat(made.samples[:1], channels, axis=0), rate, start)

    return make


@pytest.fixture
def audioml_model_folder(
    audioml_plugins: Callable[..., None], audioml_home: Path, tmp_path: Path
) -> Callable[..., Path]:
    """Return a function that writes a tiny model folder, see `audioml.core.testing.tiny`.

    The plugins given by name are installed beside the core and the tiny one, and nothing else:
    ``audioml_model_folder(mine=plugin, extractor=Part("mine"))`` tries an extractor in a model.
    """
    from audioml.core import plugin as core
    from audioml.core.models.manifest import Part
    from audioml.core.testing import tiny

    def write(
        name: str = "tiny",
        *,
        extractor: Part | None = None,
        decoder: Part | None = None,
        rate: int = 8000,
        **plugins: Any,
    ) -> Path:
        audioml_plugins(core=core, tiny=tiny, **plugins)
        folder = tmp_path / f"{name}-folder"
        return tiny.write_model(folder, name=name, rate=rate, extractor=extractor, decoder=decoder)

    return write


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
