from __future__ import annotations

import pytest
from prepare_songs import RATE

from audioml.core.corpus import Corpus
from audioml.generate.prepare import Settings, prepare


@pytest.fixture
def out(tmp_path):
    return tmp_path / "made" / "corpus"


@pytest.fixture
def made(out):
    """What prepares a folder, in this process and at a low rate."""

    def work(source, *, engine=None, **given):
        """``engine`` is one, or the name of one."""
        given = {"source": source, "destination": out, "rate": RATE, **given}
        if isinstance(engine, str):
            given["engine"] = engine
            engine = None
        return prepare(Settings(**given), engine=engine)

    return work


@pytest.fixture
def corpus(out):
    """What opens the corpus that was made."""
    return lambda: Corpus.open(out)
