from __future__ import annotations

import io
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from audioml.core import __version__
from audioml.core.analysis import Analysis
from audioml.core.errors import MissingDependencyError, OutputError
from audioml.core.formats.jams import JAMS, to_jams
from audioml.core.values import Annotation, Prediction


def tree(analysis):
    return json.loads(JAMS.encode(analysis))


def with_one(analysis, annotation):
    return replace(analysis, predictions={"e": Prediction({"a": annotation})})


def test_the_jams_library_reads_and_validates_every_annotation(song):
    jams = pytest.importorskip("jams")
    loaded = jams.load(io.StringIO(JAMS.encode(song).decode()), strict=True)
    assert [a.namespace for a in loaded.annotations] == [
        "chord",
        "beat",
        "tempo",
        "onset",
        "note_midi",
        "tag_open",
    ]
    intervals, labels = loaded.search(namespace="chord")[0].to_interval_values()
    assert labels == ["C:maj", "A#:min7/b3", "N", "G:7"]
    assert intervals[1].tolist() == [1.5, 2.25]


def test_the_source_and_the_recording_are_named(song):
    document = tree(song)
    metadata = document["annotations"][0]["annotation_metadata"]
    assert metadata["version"] == "1.2.0"
    assert metadata["annotation_tools"] == f"tiny-chord, audioml {__version__}"
    assert metadata["data_source"] == "program"
    assert metadata["annotator"]["weights"].startswith("c0ffee")
    assert document["file_metadata"] == {
        "title": "Süße <b>\tSong",
        "artist": "Ä & Ö",
        "release": "R",
        "duration": 4.0,
        "identifiers": {"isrc": "X1", "sha256": "ab" * 32},
        "jams_version": "0.3.4",
    }
    assert [(a["time"], a["duration"]) for a in document["annotations"]] == [(0.0, 4.0)] * 6


def test_a_confidence_that_is_not_a_number_is_null(song):
    observations = tree(song)["annotations"][0]["data"]
    assert [o["confidence"] for o in observations] == [0.75, None, 0.5, 1.0]


def test_notes_keep_their_velocity_and_confidence_as_the_jams_library_orders_them(piano):
    jams = pytest.importorskip("jams")
    loaded = jams.load(io.StringIO(JAMS.encode(piano).decode()), strict=True)
    (notes,) = loaded.search(namespace="note_midi")
    found = zip(notes.data, notes.sandbox["velocity"], strict=True)
    assert [(n.time, n.duration, n.value, n.confidence, loud) for n, loud in found] == [
        (0.5, 0.5, 60, 0.75, 64),
        (0.5, 1.5, 67, 0.5, 1),
        (1.0, 0.5, 60, None, 100),
    ]


@pytest.mark.parametrize("presses", [2, 0])
def test_the_pedal_is_a_namespace_that_jams_loads_though_never_pressed(piano, presses):
    jams = pytest.importorskip("jams")
    pressed = piano["notes"]["pedal"]
    pedal = Annotation("pedal", pressed.intervals[:presses], [None] * presses)
    encoded = JAMS.encode(with_one(piano, pedal)).decode()
    (annotation,) = jams.load(io.StringIO(encoded), strict=True).annotations
    assert (annotation.namespace, annotation.sandbox["namespace"]) == ("blob", "pedal")
    intervals, _ = annotation.to_interval_values()
    assert intervals.tolist() == pressed.intervals[:presses].tolist()


def test_a_time_before_zero_begins_at_zero(song):
    early = Annotation("beat", np.array([[-0.5, 0.25]]), [1])
    (observation,) = tree(with_one(song, early))["annotations"][0]["data"]
    assert (observation["time"], observation["duration"]) == (0.0, 0.25)


@pytest.mark.parametrize(("values", "namespace"), [(["down"], "tag_open"), ([127], "blob")])
def test_a_namespace_unknown_to_jams_becomes_one_that_it_loads(song, values, namespace):
    jams = pytest.importorskip("jams")
    analysis = with_one(song, Annotation("pedal", np.array([[0.0, 1.0]]), values))
    (annotation,) = jams.load(io.StringIO(JAMS.encode(analysis).decode())).annotations
    assert annotation.namespace == namespace
    assert annotation.sandbox["namespace"] == "pedal"


def test_to_jams_gives_objects_of_the_library(song):
    jams = pytest.importorskip("jams")
    loaded = to_jams(song)
    assert isinstance(loaded, jams.JAMS)
    assert loaded.validate(strict=True)
    assert loaded.annotations["chord", 0].data[0].value == "C:maj"


def test_to_jams_without_the_library_says_how_to_get_it(song, monkeypatch):
    monkeypatch.setitem(sys.modules, "jams", None)
    with pytest.raises(MissingDependencyError, match="pip install jams"):
        to_jams(song)


def test_frames_alone_are_nothing_to_jams(silent: Analysis):
    with pytest.raises(OutputError, match="no annotations"):
        JAMS.encode(silent)
