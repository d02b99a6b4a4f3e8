"""Engines by their names."""

import sys

import pytest

from audioml.core.errors import MissingDependencyError, NotFoundError, UsageError
from audioml.core.executor import Outcome, engine_named, run
from audioml.core.plugins import Component, hookimpl


class Backwards:
    """An engine of a stranger."""

    def __init__(self, address=None):
        self.address = address

    def run(self, function, items, /, *, workers, ordered):
        for index, item in reversed(list(enumerate(items))):
            yield Outcome(index, item, function(item))


class Plugin:
    @hookimpl
    def components(self):
        return [Component("engine", "backwards", f"{__name__}:Backwards", "the last first")]


def test_a_plugin_brings_an_engine(audioml_plugins, monkeypatch):
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Backwards.__module__])
    audioml_plugins(mine=Plugin())
    engine = engine_named("backwards", address="host:1")
    assert engine.address == "host:1"
    assert [o.value for o in run(abs, [-1, -2], engine=engine)] == [2, 1]


def test_the_local_engine_works_here_and_has_no_address():
    assert [o.value for o in run(abs, [-1], engine=engine_named("local"))] == [1]
    with pytest.raises(UsageError, match="'local' works on this machine, not on 'spark://a:1'"):
        engine_named("local", address="spark://a:1")


def test_an_unknown_engine_is_named_with_those_that_are():
    with pytest.raises(NotFoundError, match=r"engine 'dusk' \(there is: local, ray, spark\)"):
        engine_named("dusk")


@pytest.mark.parametrize(("name", "module"), [("spark", "pyspark.sql"), ("ray", "ray")])
def test_what_an_engine_needs_is_named(name, module, monkeypatch):
    pytest.importorskip("joblib")
    from importlib import import_module

    monkeypatch.setitem(sys.modules, module, None)
    kind = getattr(import_module(f"audioml.core.executor.{name}"), name.title())
    with pytest.raises(MissingDependencyError, match=rf'pip install "audioml-core\[{name}\]"'):
        list(run(abs, [1], engine=kind()))
