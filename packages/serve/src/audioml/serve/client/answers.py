"""The server's documents, read as values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from audioml.core.errors import AudiomlError, WorkerError
from audioml.core.formats.json import read_entry
from audioml.core.values import Prediction

from .errors import from_problem

__all__ = ["prediction", "results", "stream", "tree"]


def tree(data: bytes) -> dict[str, Any]:
    """Return a JSON object.

    Raises
    ------
    WorkerError
        If it is none.
    """
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        said = " ".join(data[:100].decode(errors="replace").split())
        raise WorkerError(f"expected JSON from the server, got {said!r}; is it audioml serve?")
    return found


def prediction(data: bytes) -> Prediction:
    """Return what the one estimator of a document answered, with its source.

    Raises
    ------
    WorkerError
        If it is no document of `audioml.core.formats.json`.
    """
    return _of_document(tree(data))


def results(data: bytes) -> list[Prediction | AudiomlError]:
    """Return the answers to a request of several files, in their order.

    A file that was refused has its error in place of a prediction.
    """
    listed = tree(data).get("results")
    if not isinstance(listed, list):
        raise WorkerError("expected 'results' from the server, one for each file")
    return [_result(each) for each in listed]


def _result(each: dict[str, Any]) -> Prediction | AudiomlError:
    if problem := each.get("problem"):
        return from_problem(problem)
    return _of_document(each)


def stream(lines: Iterator[bytes]) -> Iterator[Prediction]:
    """Yield what the lines of a stream bring, up to the one that says that all is done.

    Raises
    ------
    AudiomlError
        The server's, where a line is a problem; WorkerError if the last line is missing.
    """
    for data in lines:
        found = tree(data)
        if problem := found.get("problem"):
            raise from_problem(problem)
        if found.get("done"):
            return
        yield _entries(found.get("prediction"))
    raise WorkerError("the server's stream ended before it was done")


def _of_document(document: Any) -> Prediction:
    try:
        (entries,) = document["estimators"].values()
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise WorkerError(f"expected one model's answer, got {document!r:.200}") from error
    return _entries(entries)


def _entries(found: Any) -> Prediction:
    try:
        return Prediction({name: read_entry(about) for name, about in found.items()})
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise WorkerError(f"expected a prediction from the server, got {found!r:.200}") from error
