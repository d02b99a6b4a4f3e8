from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml.core import midi
from audioml.core.errors import ValidationError

mido = pytest.importorskip("mido", reason="the independent writer: pip install mido")
note = st.tuples(
    st.integers(0, 5000), st.integers(1, 900), st.integers(0, 127), st.integers(1, 127)
)


def track(*messages):
    """Return a track of messages at times in ticks since the beginning."""
    made, now = mido.MidiTrack(), 0
    for at, message in messages:
        made.append(message.copy(time=at - now))
        now = at
    return made


def on(pitch, velocity=80, channel=0):
    return mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)


def off(pitch, channel=0):
    return mido.Message("note_off", note=pitch, channel=channel)


def pedal(value, channel=0):
    return mido.Message("control_change", control=64, value=value, channel=channel)


def tempo(bpm):
    return mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))


def file_of(*tracks, division=500):
    """Return a file of 1000 ticks a second, as long as no tempo is set."""
    buffer = io.BytesIO()
    mido.MidiFile(ticks_per_beat=division, tracks=list(tracks)).save(file=buffer)
    return buffer.getvalue()


@given(st.lists(note, max_size=20), st.lists(st.integers(20, 300), max_size=4))
def test_notes_are_where_mido_plays_them(rows, tempi):
    events = [(start, on(pitch, loud)) for start, _, pitch, loud in rows]
    events += [(start + long, off(pitch)) for start, long, pitch, _ in rows]
    speeds = track(*((300 * i, tempo(bpm)) for i, bpm in enumerate(tempi)))
    data = file_of(speeds, track(*sorted(events, key=lambda e: (e[0], e[1].type == "note_on"))))
    theirs, now, sounding = [], 0.0, {}
    for message in mido.MidiFile(file=io.BytesIO(data)):
        now += message.time
        if message.type == "note_on":
            sounding.setdefault(message.note, []).append((now, message.velocity))
        elif message.type == "note_off" and sounding.get(message.note):
            onset, velocity = sounding[message.note].pop(0)
            theirs.append((onset, now, message.note, velocity))
    ours = midi.decode(data).notes
    np.testing.assert_allclose(sorted(map(tuple, ours.tolist())), sorted(theirs) or [], atol=1e-9)


def test_overlapping_notes_of_one_pitch_end_in_their_order():
    data = file_of(track((0, on(60)), (1000, on(60, 90)), (2000, off(60)), (3000, off(60))))
    assert midi.decode(data).notes.tolist() == [[0, 2, 60, 80], [1, 3, 60, 90]]


def test_what_is_never_ended_ends_with_the_file():
    found = midi.decode(file_of(track((0, on(60)), (500, pedal(127)), (1000, on(62)))))
    assert found.notes.tolist() == [[0, 1, 60, 80], [1, 1, 62, 80]]
    assert found.pedal.tolist() == [[0.5, 1]]
    assert found.end == 1


def test_a_note_on_without_velocity_ends_a_note_and_drums_are_left_out():
    data = file_of(track((0, on(60)), (0, on(35, channel=9)), (500, on(60, 0))))
    assert midi.decode(data).notes.tolist() == [[0, 0.5, 60, 80]]


def test_the_pedal_is_down_while_it_is_down_on_any_channel():
    one = track((0, pedal(64)), (1000, pedal(63)), (3000, pedal(127)), (4000, pedal(0)))
    other = track((500, pedal(100, 1)), (2000, pedal(0, 1)))
    assert midi.decode(file_of(one, other)).pedal.tolist() == [[0, 2], [3, 4]]


def test_the_tempi_are_told_and_counted():
    data = file_of(track((0, tempo(60)), (500, tempo(240))), track((0, on(60)), (1000, off(60))))
    found = midi.decode(data)
    np.testing.assert_allclose(found.tempi, [[0, 60], [1, 240]])
    np.testing.assert_allclose(found.notes, [[0, 1.25, 60, 80]])


def test_frames_in_a_second_may_count_instead():
    data = bytearray(file_of(track((0, on(60)), (1000, off(60)))))
    data[12:14] = bytes([256 - 25, 40])  # 25 frames a second of 40 ticks: SMPTE
    found = midi.decode(bytes(data))
    assert found.notes.tolist() == [[0, 1, 60, 80]]
    assert found.tempi.shape == (0, 2)


def bare(body):
    return b"MThd\0\0\0\x06\0\0\0\x01\x01\xf4MTrk" + len(body).to_bytes(4) + body


def test_running_status_goes_on_over_words_as_many_writers_have_it():
    body = b"\x00\x90\x3c\x50" + b"\x00\xff\x01\x02hi" + b"\x83\x74\x3c\x00"
    assert midi.decode(bare(body)).notes.tolist() == [[0, 0.5, 60, 80]]


def test_nothing_played_is_no_notes():
    found = midi.decode(file_of(track()))
    assert (found.notes.shape, found.pedal.shape, found.end) == ((0, 4), (0, 2), 0)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "expected a MIDI file, which begins with 'MThd'"),
        (b"RIFF....", "expected a MIDI file"),
        (b"MThd\0\0\0\x06\0\x02\0\x01\x01\xf4", "of type 2 and division 500 tells no time"),
        (b"MThd\0\0\0\x06\0\0\0\x01\0\0", "tells no time"),
        (bare(b"\x00\x90\x3c\x50")[:-2], "is cut short"),
        (bare(b"\x00\x90\x3c"), "is cut short"),
        (bare(b"\x00\x3c\x50"), "a byte 0x3c out of place"),
        (bare(b"\x00\xf4\x50"), "a byte 0xf4 out of place"),
        (bare(b"\x00\x90\x3c\xff"), "a byte 0xff out of place"),
        (bare(b"\xff\xff\xff\xff\xff"), "a number in the MIDI file has no end"),
    ],
)
def test_what_is_no_midi_file_is_told_in_a_sentence(tmp_path, data, sentence):
    (tmp_path / "song.mid").write_bytes(data)
    with pytest.raises(ValidationError, match=sentence):
        midi.decode(data)
    with pytest.raises(ValidationError, match=r"song\.mid: "):
        midi.read(tmp_path / "song.mid")
    with pytest.raises(ValidationError, match=r"gone\.mid cannot be read"):
        midi.read(tmp_path / "gone.mid")


@given(st.binary(max_size=60), st.integers(0, 200))
def test_noise_is_refused_or_read_but_never_raises_anything_else(noise, cut):
    whole = file_of(track((0, on(60)), (500, on(64)), (1000, off(60)), (1500, off(64))))
    for data in (noise, b"MThd" + noise, whole[: cut % len(whole)], whole[:22] + noise):
        try:
            found = midi.decode(data)
        except ValidationError:
            continue
        assert np.isfinite(found.notes).all()
