from __future__ import annotations

import subprocess
import sys
import types

import pytest

from audioml.core.errors import MissingDependencyError, NotFoundError, PluginError
from audioml.core.plugins import Component, Registry, hookimpl


def plugin(*offered: object) -> object:
    module = types.ModuleType("plugin_of_a_test")

    @hookimpl
    def components() -> object:
        return offered

    module.components = components
    return module


FIND = Component("decoder", "json-text", "json:dumps", "text")


def test_a_component_is_imported_when_it_is_loaded_and_not_before() -> None:
    found = Registry({"p": plugin(FIND)}).find("decoder", "json-text")
    assert found.load()([1]) == "[1]"


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(NotFoundError, match=r"decoder 'nope' \(there is: json-text\)"):
        Registry({"p": plugin(FIND)}).find("decoder", "nope")


def test_two_plugins_with_one_name_are_an_error_that_names_both() -> None:
    both = Registry({"one": plugin(FIND), "two": plugin(FIND)})
    with pytest.raises(PluginError, match="by one and by two"):
        both.find("decoder", "json-text")


@pytest.mark.parametrize("nonsense", ["text", 3, None, {"kind": "decoder"}])
def test_a_plugin_that_returns_nonsense_is_broken_and_harms_no_other(nonsense) -> None:
    registry = Registry({"bad": plugin(nonsense), "good": plugin(FIND)})
    assert [p.name for p in registry.plugins] == ["good"]
    assert registry.broken[0].name == "bad"
    assert "Component objects" in registry.broken[0].reason


def test_a_plugin_that_raises_is_broken_and_harms_no_other() -> None:
    bad = types.ModuleType("bad")

    @hookimpl
    def components():
        raise RuntimeError("out of cheese")

    bad.components = components
    registry = Registry({"bad": bad, "good": plugin(FIND)})
    assert registry.broken[0].reason == "RuntimeError: out of cheese"
    assert "components" in registry.broken[0].details
    assert registry.find("decoder", "json-text")
    with pytest.raises(NotFoundError, match="broken: bad"):
        registry.find("decoder", "nope")


def test_a_hook_that_does_not_exist_makes_a_plugin_broken() -> None:
    class Typo:
        @hookimpl
        def componets(self):
            return ()

    registry = Registry({"typo": Typo()})
    assert "componets" in registry.broken[0].reason


def test_a_missing_dependency_is_named_with_its_command() -> None:
    needy = Component("backend", "b", "json:dumps", "x", needs=("no-such-package>=2",))
    with pytest.raises(MissingDependencyError, match="pip install no-such-package"):
        needy.load()


def test_a_module_that_a_plugin_lacks_is_told_apart_from_its_own(tmp_path, monkeypatch) -> None:
    (tmp_path / "lacking.py").write_text("import no_such_module")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingDependencyError, match="needs the module 'no_such_module'") as raised:
        Component("backend", "b", "lacking:x", "x").load()
    assert "pip install" not in str(raised.value)  # a module's name is no distribution's
    with pytest.raises(PluginError, match="cannot be loaded from 'lacking_too:x'"):
        Component("backend", "b", "lacking_too:x", "x").load()


def test_a_plugin_that_exits_is_broken_and_harms_no_other() -> None:
    class Exits:
        @hookimpl
        def components(self):
            raise SystemExit("needs a newer Python")

    registry = Registry({"bad": Exits(), "good": plugin(FIND)})
    assert registry.broken[0].reason == "SystemExit: needs a newer Python"
    assert registry.find("decoder", "json-text")


def test_a_target_without_its_attribute_is_the_plugins_fault() -> None:
    with pytest.raises(PluginError, match="cannot be loaded from 'json:nope'"):
        Component("backend", "b", "json:nope", "x").load()


@pytest.mark.parametrize(
    "fields",
    [("spoon", "n", "a:b"), ("backend", "Upper Case", "a:b"), ("backend", "n", "no-colon")],
)
def test_a_malformed_component_is_refused(fields) -> None:
    with pytest.raises(PluginError):
        Component(*fields, "summary")


def test_no_plugins_are_found_where_none_are_wanted() -> None:
    code = "from audioml.core.plugins import registry; print([p.name for p in registry().plugins])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"AUDIOML_PLUGINS": "", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['core']"
