"""The kit finds what is wrong, and finds nothing wrong with what is right."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
import wrong_estimators as estimators
import wrong_generators as generators
import wrong_stages as stages

from audioml.core.errors import UsageError
from audioml.core.plugins import Component, hookimpl
from audioml.core.testing import Rules, checks_for, parametrize_with_checks


def rule_of(component, name):
    """Return one rule of a component, to be tried."""
    (found,) = (check for check in checks_for(component) if check.rule.__name__ == name)
    return found


def found_wrong(component, name):
    check = rule_of(component, name)
    with pytest.raises(Exception):  # noqa: B017 - a rule is broken in whatever way it is
        check()


@parametrize_with_checks([estimators.Loudness(), stages.Energy(), generators.Hiss()])
def test_what_is_right_keeps_every_rule(check):
    check()


def test_right_examples_keep_every_rule(tmp_path):
    from audioml.core.testing.tiny import TinyBackend

    for example in (
        stages.decoder_example(stages.Loud),
        stages.backend_example(TinyBackend, tmp_path),
    ):
        for each in checks_for(example):
            each()


@pytest.mark.parametrize(("kind", "rule"), estimators.ESTIMATORS.items(), ids=str)
def test_wrong_estimators_are_found(kind, rule):
    found_wrong(kind(), rule)


@pytest.mark.parametrize(("kind", "rule"), stages.EXTRACTORS.items(), ids=str)
def test_wrong_extractors_are_found(kind, rule):
    found_wrong(kind(), rule)


@pytest.mark.parametrize(("kind", "rule"), stages.DECODERS.items(), ids=str)
def test_wrong_decoders_are_found(kind, rule):
    found_wrong(stages.decoder_example(kind), rule)


@pytest.mark.parametrize(("kind", "rule"), stages.BACKENDS.items(), ids=str)
def test_wrong_backends_are_found(kind, rule, tmp_path):
    found_wrong(stages.backend_example(kind, tmp_path), rule)


@pytest.mark.parametrize(("kind", "rule"), generators.GENERATORS.items(), ids=str)
def test_wrong_generators_are_found(kind, rule):
    found_wrong(kind(), rule)


def test_a_generator_that_begins_anew_is_found():
    for rule in ("resumes_to_the_last_bit", "resumes_from_the_middle"):
        found_wrong(generators.Jumping(), rule)


def test_rows_that_depend_on_each_other_are_found():
    found_wrong(estimators.pipeline(estimators.Normalised()), "does_not_depend_on_the_batch_size")
    found_wrong(estimators.pipeline(estimators.Normalised(), batching="rows"), "keeps_rows_apart")


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ("conf/here", "names_a_configuration"),
        ("pkg://no.such.package", "names_a_configuration"),
        ("pkg://audioml.core", "brings_settings"),
    ],
)
def test_wrong_tasks_are_found(config, rule):
    task = types.SimpleNamespace(config=config, data=print, module=print, export=print)
    found_wrong(task, rule)


def test_a_model_folder_keeps_every_rule_until_it_is_changed(audioml_model_folder):
    folder = audioml_model_folder()
    for each in checks_for(folder):
        each()
    (folder / "notes.txt").write_text("not listed")
    found_wrong(folder, "lists_its_files")
    (folder / "gain.json").write_text('{"gain": 3}')
    for rule in ("lists_its_files", "passes_its_self_test", "survives_export_and_import"):
        found_wrong(folder, rule)


def module(monkeypatch, tmp_path, text):
    """Return a plugin module of the given source."""
    (tmp_path / "audioml_wrong.py").write_text(
        "from audioml.core.plugins import Component, hookimpl\n\n" + text
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "audioml_wrong", raising=False)
    import audioml_wrong

    return audioml_wrong


LISTED = "@hookimpl\ndef components():\n    yield Component({})\n"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("@hookimpl\ndef componets():\n    return ()\n", "can_be_registered"),
        ("@hookimpl\ndef components():\n    return ()\n", "can_be_registered"),
        ("import numpy\n" + LISTED.format("'format', 'x', 'a:b', 's'"), "imports_nothing_heavy"),
        (
            LISTED.format("'decoder', 'x', 'json:dumps', 's'") * 1
            + "    yield Component('decoder', 'x', 'json:loads', 's')\n",
            "gives_each_a_name_of_its_own",
        ),
        (LISTED.format("'decoder', 'x', 'json:nothing', 's'"), "offers_what_it_says"),
        (LISTED.format("'command', 'x', 'json:dumps', 's'"), "offers_what_it_says"),
        (LISTED.format("'decoder', 'x', 'json:dumps', ''"), "offers_what_it_says"),
    ],
)
def test_wrong_plugins_are_found(monkeypatch, tmp_path, text, rule):
    found_wrong(module(monkeypatch, tmp_path, text), rule)


def test_a_plugin_that_is_right_keeps_every_rule(monkeypatch, tmp_path):
    right = LISTED.format("'decoder', 'x', 'json:dumps', 'text'")
    for each in checks_for(module(monkeypatch, tmp_path, right)):
        each()


def test_a_command_without_help_is_found():
    import click

    sys.modules["target_without_help"] = types.ModuleType("target_without_help")
    sys.modules["target_without_help"].app = click.Group("x", {"y": click.Command("y")}, help="x")
    found_wrong(Component("command", "x", "target_without_help:app", "x"), "explains_itself")


def test_a_class_and_what_has_no_rules_are_refused():
    with pytest.raises(TypeError, match=r"give Loudness\(\), not the class"):
        checks_for(estimators.Loudness)
    with pytest.raises(TypeError, match="no checks for a int"):
        checks_for(3)


def test_a_plugin_brings_rules_for_what_it_defines(audioml_plugins):
    def is_even(number):
        """It is even."""
        assert number % 2 == 0

    sys.modules["rules_of_a_test"] = types.ModuleType("rules_of_a_test")
    sys.modules["rules_of_a_test"].RULES = Rules(lambda it: isinstance(it, int), (is_even,))
    listed = Component("check", "numbers", "rules_of_a_test:RULES", "of numbers")
    audioml_plugins(mine=types.SimpleNamespace(components=hookimpl(lambda: [listed])))
    rule_of(2, "is_even")()
    found_wrong(3, "is_even")


def test_rules_that_cannot_be_loaded_harm_no_others(audioml_plugins):
    lost = Component("check", "lost", "json:nothing", "of nothing")
    audioml_plugins(mine=types.SimpleNamespace(components=hookimpl(lambda: [lost])))
    with pytest.warns(UserWarning, match="check 'lost' cannot be loaded"):
        assert len(checks_for(estimators.Loudness())) > 10


def test_an_expected_failure_of_no_rule_is_refused():
    with pytest.raises(UsageError, match="'is_determinstic' is no rule .* is_deterministic"):
        parametrize_with_checks(
            [estimators.Loudness()], expected_failures={"is_determinstic": "typo"}
        )


def test_expected_failures_are_strict(tmp_path):
    test = tmp_path / "test_two.py"
    test.write_text(
        """
from audioml.core.testing import parametrize_with_checks
from wrong_estimators import Anonymous, Loudness

@parametrize_with_checks([Anonymous()], expected_failures={"names_itself": "known"})
def test_known(check):
    check()

@parametrize_with_checks([Loudness()], expected_failures={"names_itself": "not so"})
def test_not_so(check):
    check()
"""
    )
    options = ["-p", "no:cacheprovider", "-k", "names_itself", "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(test)],
        env={**os.environ, "PYTHONPATH": str(Path(estimators.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 xfailed" in done.stdout, done.stdout
    assert "1 failed" in done.stdout
    assert "[XPASS(strict)] not so" in done.stdout
