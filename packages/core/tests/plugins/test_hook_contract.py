"""The contract has a version; what is done is told where it is asked for; all is documented."""

from __future__ import annotations

import inspect
import types
from dataclasses import fields
from pathlib import Path

import pytest

from audioml.core.plugins import KINDS, Component, Registry, hookimpl, hookspecs

FIND = Component("decoder", "json-text", "json:dumps", "text")
HOOKS = Path(__file__).parents[4] / "docs" / "reference" / "hooks.md"


def plugin(**attributes):
    return types.SimpleNamespace(components=hookimpl(lambda: [FIND]), **attributes)


def test_a_plugin_of_the_present_contract_is_welcome_without_a_word(caplog):
    for present in (plugin(), plugin(audioml_contract=hookspecs.CONTRACT)):
        (found,) = Registry({"p": present}).plugins
        assert found.notice == ""
    assert not caplog.records


@pytest.mark.parametrize("said", [{}, {"audioml_contract": 1}])
def test_an_older_plugin_works_and_gets_a_sentence(monkeypatch, caplog, said):
    monkeypatch.setattr(hookspecs, "CONTRACT", 2)
    registry = Registry({"p": plugin(**said)})
    assert registry.find("decoder", "json-text")
    notice = (
        "p is written for version 1 of the plugin contract, and this is version 2: it works until "
        "version 3; look for a newer p"
    )
    assert registry.plugins[0].notice == notice
    assert [record.getMessage() for record in caplog.records] == [notice]


def test_an_older_plugin_is_shown_as_such(monkeypatch, audioml_cli, audioml_plugins):
    from audioml.core import plugin as core

    monkeypatch.setattr(hookspecs, "CONTRACT", 2)
    audioml_plugins(core=types.SimpleNamespace(components=core.components, audioml_contract=2),
                    old=plugin())  # fmt: skip
    assert "  -> old is written for version 1" in audioml_cli("plugins", "list").out
    checked = audioml_cli("plugins", "check", "old")
    assert checked.code == 1
    assert "!! hooks" in checked.out


def test_a_plugin_too_old_or_too_new_is_broken_with_what_to_upgrade(monkeypatch):
    newer = Registry({"p": plugin(audioml_contract=2)}).broken[0].reason
    assert newer.endswith("knows up to 1; run: pip install -U audioml-core")
    monkeypatch.setattr(hookspecs, "CONTRACT", 3)
    older = Registry({"p": plugin()}).broken[0].reason
    assert older.endswith("no longer kept; run: pip install -U p")


@pytest.mark.parametrize("contract", ["1", True, 0, None])
def test_a_contract_that_is_no_number_is_refused(contract):
    reason = Registry({"p": plugin(audioml_contract=contract)}).broken[0].reason
    assert "'audioml_contract' must be a number from 1" in reason


def test_hook_calls_and_loads_are_told_where_it_is_asked_for(monkeypatch, capsys):
    Registry({"p": plugin()}).find("decoder", "json-text").load()
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("AUDIOML_TRACE", "1")
    Registry({"p": plugin()}).find("decoder", "json-text").load()
    with pytest.raises(Exception, match="cannot be loaded"):
        Component("decoder", "x", "json:nothing", "text").load()
    out, err = capsys.readouterr()
    assert out == ""
    told = [line.partition(" ms  ")[2] for line in err.splitlines()]
    assert told == [
        "import plugin 'p'",
        "call components() of 'p'",
        "load decoder 'json-text'",
        "load decoder 'x': AttributeError",
    ]


@pytest.mark.skipif(not HOOKS.is_file(), reason="the documentation is not here")
def test_every_hook_every_argument_and_every_kind_is_documented():
    text = HOOKS.read_text(encoding="utf-8")
    hooks = [h for h in vars(hookspecs).values() if getattr(h, "audioml_spec", None) is not None]
    assert hooks
    for hook in hooks:
        assert hook.__doc__
        assert f"`{hook.__name__}(" in text
        for argument in inspect.signature(hook).parameters:
            assert f"`{argument}`" in text, f"{argument} of {hook.__name__} is not documented"
    for each in fields(Component):
        assert f"`{each.name}`" in text, f"{each.name} of Component is not documented"
    for kind in KINDS:
        assert f"| `{kind}` |" in text, f"the kind {kind} is not documented"
    assert "`audioml_contract" in text
