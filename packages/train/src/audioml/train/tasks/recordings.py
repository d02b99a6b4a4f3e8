"""Whether recordings have the labels that a task learns, said in a sentence where they have not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from audioml.core.errors import ValidationError
from audioml.core.files import shown
from audioml.train.data import Prepared

__all__ = ["Counts", "classes_of", "counted", "unmeasured", "values_of"]

_NAMED = 3

Counts = dict[str, dict[str, int]]
"""How many recordings of a split have a class: split to class to number."""


def classes_of(prepared: Prepared, *, several: bool) -> tuple[str, ...]:
    """Return the classes of a corpus, in the order of the targets.

    Parameters
    ----------
    prepared
        The corpus.
    several
        Whether a recording may have any number of classes, instead of one.

    Raises
    ------
    ValidationError
        If recordings have no class or too many, there are not two classes, or a class cannot be
        learnt: it has one recording, or none to train on.
    """
    rows = [tuple(each or ()) for each in prepared.corpus.column("classes")]
    names = prepared.names
    _check_splits(prepared)
    if not any(rows):
        numbers = any(prepared.corpus.column("values"))
        hint = "they have numbers: task=regression" if numbers else "see its report.json"
        raise ValidationError(f"the recordings in {shown(prepared.path)} have no class; {hint}")
    if not several:
        _refuse_not_one(names, rows)
    found: tuple[str, ...] = prepared.classes
    if len(found) < (1 if several else 2):
        raise ValidationError(
            f"all recordings in {shown(prepared.path)} are of one class, {found[0]!r}; a second "
            "one is needed to tell it from, such as a folder of other sounds"
        )
    _check_counts(counted(prepared), found)
    return found


def values_of(prepared: Prepared) -> int:
    """Return how many numbers each recording of a corpus has.

    Raises
    ------
    ValidationError
        If they have none, not all as many, or one is not finite.
    """
    rows = [tuple(each or ()) for each in prepared.corpus.column("values")]
    _check_splits(prepared, least=2)
    where = shown(prepared.path)
    if not any(rows):
        classes = any(prepared.corpus.column("classes"))
        hint = (
            "they have classes: task=classification, or prepare it with label_kind=number"
            if classes
            else "give data.metadata=TABLE.csv and data.label_column=NAME"
        )
        raise ValidationError(f"the recordings in {where} have no numbers; {hint}")
    counts = Counter(map(len, rows))
    if len(counts) > 1:
        usual = counts.most_common(1)[0][0]
        odd = next(n for n, row in zip(prepared.names, rows, strict=True) if len(row) != usual)
        raise ValidationError(
            f"each recording must have as many numbers as the others, {usual}; {shown(odd)} has not"
        )
    for name, row in zip(prepared.names, rows, strict=True):
        if not all(map(math.isfinite, row)):
            raise ValidationError(f"the numbers of {shown(name)} must be finite, got {list(row)}")
    return len(rows[0])


def counted(prepared: Prepared) -> Counts:
    """Return how many recordings of each split have each class."""
    found: Counts = {}
    column = prepared.corpus.column
    for split, classes in zip(column("split"), column("classes"), strict=True):
        counts = found.setdefault(split, {})
        for name in classes or ():
            counts[name] = counts.get(name, 0) + 1
    return found


def unmeasured(prepared: Prepared) -> list[str]:
    """Return a sentence for each split in which classes cannot be measured, for want of them."""
    counts = counted(prepared)
    absent = {
        split: [name for name in prepared.classes if not counts[split].get(name)]
        for split in ("validation", "test")
    }
    return [
        f"{_listed(names)} has no recordings for {split}, so it is not measured there"
        for split, names in absent.items()
        if names
    ]


def _check_splits(prepared: Prepared, *, least: int = 1) -> None:
    splits = Counter(prepared.corpus.column("split"))
    for split in ("train", "validation", "test"):
        if splits[split] < least:
            raise ValidationError(
                f"of the {len(prepared)} recordings in {shown(prepared.path)} {splits[split]} are "
                f"for {split}, at least {least} must be: a set so small needs another data.split, "
                "such as 60/20/20, or another data.seed"
            )


def _refuse_not_one(names: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    wrong = [(n, row) for n, row in zip(names, rows, strict=True) if len(row) != 1]
    if not wrong:
        return
    name, row = wrong[0]
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    if not row:
        raise ValidationError(
            f"{shown(name)}{more} has no class, but each recording needs one; task.kind=multi "
            "takes recordings of none"
        )
    raise ValidationError(
        f"{shown(name)}{more} has several classes ({', '.join(row)}), but each recording must have "
        "one; task.kind=multi learns several, data.label_kind=class takes a cell as one"
    )


def _check_counts(counts: Counts, names: Sequence[str]) -> None:
    whole = {name: sum(split.get(name, 0) for split in counts.values()) for name in names}
    if alone := [name for name in names if whole[name] < 2]:
        raise ValidationError(
            f"{_listed(alone)} has one recording only, which cannot be both learnt and measured; "
            "add recordings of it, or leave it out"
        )
    if unlearnt := [name for name in names if not counts["train"].get(name)]:
        raise ValidationError(
            f"{_listed(unlearnt)} has no recordings to train on: all are for validation or test; "
            "another data.seed parts them otherwise"
        )


def _listed(names: Sequence[str]) -> str:
    shown_names = ", ".join(repr(name) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more, each of which" if len(names) > _NAMED else ""
    return f"class {shown_names}{more}"
