from __future__ import annotations

import pytest

from audioml.core.errors import UsageError
from audioml.train.runs.filters import Comparison, Junction, Name, Negation, parse


def test_and_binds_closer_than_or_and_not_closest():
    node = parse("task = 'a' or not seconds > 1 and dirty = true")
    assert node == Junction(
        "or",
        (
            Comparison(Name("run", "task"), "=", "a"),
            Junction(
                "and",
                (
                    Negation(Comparison(Name("run", "seconds"), ">", 1.0)),
                    Comparison(Name("run", "dirty"), "=", True),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("metrics.f1>.9", Name("metrics", "f1"), 0.9),
        ("metrics.val/note.f1 > -1e-3", Name("metrics", "val/note.f1"), -1e-3),
        ('metrics."top 5" > 1', Name("metrics", "top 5"), 1.0),
        ("config.optimizer.lr > 3", Name("config", "optimizer.lr"), 3.0),
        ("config.a.b > 'bf16-mixed'", Name("config", "a.b"), "bf16-mixed"),
        ('started > "2025-01-31"', Name("run", "started"), "2025-01-31"),
    ],
)  # fmt: skip
def test_names_and_values(text, name, value):
    assert parse(text) == Comparison(name, ">", value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a name"),
        ("metrics.f1", "one of ="),
        ("metrics.f1 > ", "the end"),
        ("metrics.f1 > good", "in quotes"),
        ("metrics.f1 > 'good'", "is a number"),
        ("metrics.f1 > 0.9 metrics.f2 > 1", "'and', 'or'"),
        ("(metrics.f1 > 0.9", r"'\)'"),
        ("f1 > 0.9", "metrics.NAME"),
        ("metrics.f1 > none", "by = and !="),
        ("config.a ~ 3", "in quotes"),
        ("task = 'a'; drop table runs", "';'"),
        ("__import__('os') = 1", "metrics.NAME"),
        ("task.__class__ = 1", "metrics.NAME"),
        ("'a' = task", "a name"),
        ("task = 'a", "begins neither"),
        ("(" * 5000, "characters"),
        ("(" * 100 + "dirty = true" + ")" * 100, "at most 40"),
        ("not " * 500 + "dirty = true", "at most 40"),
        ("metrics.f1 > 0.9.1", "begins neither"),
    ],
)
def test_what_is_wrong_is_said(text, reason):
    with pytest.raises(UsageError, match=reason):
        parse(text)
