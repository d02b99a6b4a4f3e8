"""Our own plugins keep the rules that those of strangers keep, with no private door."""

from __future__ import annotations

import importlib
import importlib.util
import tomllib
from pathlib import Path

from audioml.core.testing import parametrize_with_checks

ROOT = Path(__file__).parents[1]


def modules():
    """Return what the entry points of our distributions name, where it is installed."""
    for path in sorted(ROOT.glob("p*/*/pyproject.toml")):
        about = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        for target in about["entry-points"]["audioml"].values():
            if importlib.util.find_spec(target.partition(".")[0]):
                yield importlib.import_module(target)


@parametrize_with_checks(list(modules()))
def test_our_plugins_keep_every_rule(check) -> None:
    check()
