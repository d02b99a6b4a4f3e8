import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from train_sounds import midi

from audioml.core.errors import UsageError, ValidationError
from audioml.train.data.labels import Labels, jams, read_labels, tables


def test_notes_and_pedal_are_read_from_midi(tmp_path):
    notes = [(0.0, 2.0, 60, 80), (1.0, 3.0, 60, 90)]
    (tmp_path / "x.MID").write_bytes(midi(notes, pedal=[(0.5, 2.0), (2.5, 3.0)]))
    found = read_labels(tmp_path / "x.MID")
    assert found.notes.tolist() == [list(note) for note in notes]
    assert found.pedal.tolist() == [[0.5, 2.0], [2.5, 3.0]]


def jams_file(*annotations):
    return json.dumps({"annotations": list(annotations), "file_metadata": {}}).encode()


def observations(*rows):
    return [{"time": a, "duration": d, "value": v, "confidence": None} for a, d, v in rows]


def test_jams_gives_notes_segments_and_tags():
    found = jams.decode(
        jams_file(
            {"namespace": "chord", "data": observations((0, 2, "C:maj"), (2, 1, "G:7"))},
            {"namespace": "note_hz", "data": observations((0.5, 1, 440.0))},
            {"namespace": "tag_open", "data": observations((0, 3, "calm"), (0, 3, "piano"))},
            {"namespace": "beat", "data": {"time": [0.5], "duration": [0], "value": [1]}},
        )
    )
    assert found.notes.tolist() == [[0.5, 1.5, 69, 64]]
    assert found.classes == ("calm", "piano")
    spans = list(zip(found.segments.tolist(), found.texts, found.namespaces, strict=True))
    assert spans == [
        ([0, 2], "C:maj", "chord"),
        ([0.5, 0.5], "1", "beat"),
        ([2, 3], "G:7", "chord"),
    ]


def test_the_strings_of_a_guitar_are_one_part_but_two_annotators_are_not():
    def string(source, pitch):
        about = {"data_source": source}
        data = observations((0, 1, pitch))
        return {"namespace": "note_midi", "annotation_metadata": about, "data": data}

    assert len(jams.decode(jams_file(string("0", 40), string("1", 45))).notes) == 2
    assert len(jams.decode(jams_file(string("", 40), string("", 45))).notes) == 1


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"annotations": [{}]}', b"\xff\xfe"])
def test_what_is_no_jams_is_refused(data):
    with pytest.raises(ValidationError, match="expected a JAMS file"):
        jams.decode(data)


@pytest.mark.parametrize(
    "text",
    [
        "0.0\t1.5\tC:maj\n1.5\t2.0\tN\n",
        "0.0 1.5 C:maj\n1.5 2.0 N",
        "start,end,label\n0,1.5,C:maj\n1.5,2.0,N\n",
        "Time;Duration;Value\n0;1.5;C:maj\n1.5;0.5;N\n",
        "# a remark\n0.0,1.5,C:maj\n\n1.5,2.0,N\n",
    ],
)
def test_segments_are_read_from_text(text):
    found = tables.decode(text.encode())
    assert found.segments.tolist() == [[0, 1.5], [1.5, 2]]
    assert found.texts == ("C:maj", "N")


@pytest.mark.parametrize(
    "text",
    [
        "onset,offset,pitch,velocity\n1,2,60,64\n",
        "OnsetTime\tOffsetTime\tMidiPitch\n1\t2\t60\n",
        "start,duration,note,velocity\n1,1,60,64\n",
    ],
)
def test_notes_are_read_from_text(text):
    assert tables.decode(text.encode()).notes.tolist() == [[1, 2, 60, 64]]


def test_instants_have_no_length():
    found = tables.decode(b"0.5 downbeat\n1.0 beat two\n")
    assert found.segments.tolist() == [[0.5, 0.5], [1, 1]]
    assert found.texts == ("downbeat", "beat two")
    numbered = tables.decode(b"0.5 1\n1.0 2\n1.5 1\n")
    assert numbered.segments[:, 1].tolist() == [0.5, 1.0, 1.5]
    assert numbered.texts == ("1", "2", "1")


@pytest.mark.parametrize(
    "text", ["start,end\n1,x\n", "a,b\n1,2\n", "0 1 a\nx 2 b\n", "onset,offset,pitch\n2,1,60\n"]
)
def test_text_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValidationError):
        tables.decode(text.encode())


def test_a_label_file_is_named_where_it_is_wrong(tmp_path):
    (tmp_path / "x.mid").write_bytes(b"no")
    with pytest.raises(ValidationError, match=r"x\.mid: expected a MIDI file"):
        read_labels(tmp_path / "x.mid")
    with pytest.raises(UsageError, match=r"x\.doc is no label file that can be read"):
        read_labels(tmp_path / "x.doc")
    with pytest.raises(ValidationError, match="cannot be read"):
        read_labels(tmp_path / "absent.mid")


def test_empty_text_and_silent_midi_have_no_labels(tmp_path):
    (tmp_path / "x.mid").write_bytes(midi([]))
    assert tables.decode(b"").end == read_labels(tmp_path / "x.mid").end == 0


rows = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 5)), max_size=12)


@given(rows, st.floats(0, 20), st.floats(0.1, 10))
def test_a_window_holds_what_sounds_in_it(spans, start, length):
    notes = [(a, a + d, 60, 64) for a, d in spans]
    stop = start + length
    found = Labels.of(notes=notes).window(start, stop).notes
    wanted = [n for n in sorted(notes) if n[0] < stop and (n[1] > start or n[0] >= start)]
    assert len(found) == len(wanted)
    assert (found[:, 0] < length + 1e-9).all()
