import io

import numpy as np
import pytest

from audioml.core.errors import ValidationError
from audioml_transcription import midi
from audioml_transcription.notes import Notes, Pedal

NOTES = Notes.of([[0, 0.5, 60, 64], [0.25, 2, 64, 100], [0.5, 1, 60, 1], [3, 3.5, 108, 127]])
PEDAL = Pedal(np.array([[0.1, 1.0], [1.2, 2.5]]))


def test_what_is_written_is_read_again_within_a_tick():
    notes, pedal = midi.decode(midi.encode(NOTES, PEDAL))
    np.testing.assert_allclose(notes.table, NOTES.table, atol=0.3e-3)
    np.testing.assert_allclose(pedal.intervals, PEDAL.intervals, atol=0.3e-3)


def test_mido_reads_what_is_written():
    mido = pytest.importorskip("mido")
    file = mido.MidiFile(file=io.BytesIO(midi.encode(NOTES, PEDAL, program=3)))
    now, onsets = 0.0, []
    for message in file:
        now += message.time
        if message.type == "note_on":
            onsets.append((round(now, 3), message.note, message.velocity))
    assert onsets == [(0, 60, 64), (0.25, 64, 100), (0.5, 60, 1), (3, 108, 127)]


def test_changes_of_tempo_in_another_track_count_as_mido_counts_them(tmp_path):
    mido = pytest.importorskip("mido")
    tempo, track = mido.MidiTrack(), mido.MidiTrack()
    for bpm in (60, 240, 90):
        tempo.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm), time=300))
    for pitch in (60, 62, 64, 65):
        track.append(mido.Message("note_on", note=pitch, velocity=70, time=200))
        track.append(mido.Message("note_on", note=pitch, velocity=0, time=100))
    file = mido.MidiFile(ticks_per_beat=480, tracks=[tempo, track])
    path = tmp_path / "song.mid"
    file.save(path)
    now, expected = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on":
            expected.append(now)
    notes, _ = midi.read(path)
    np.testing.assert_allclose(np.sort([*notes.onset, *notes.offset]), expected, atol=1e-9)


def test_drums_are_left_out():
    data = bytearray(midi.encode(NOTES))
    data = data.replace(bytes([0x90, 108, 127]), bytes([0x99, 108, 127]))
    assert len(midi.decode(bytes(data))[0]) == 3


def test_a_note_without_an_end_ends_with_the_file():
    data = midi.encode(Notes.of([[0, 1, 60, 64], [0, 4, 72, 64]]))
    open_ = data.replace(bytes([0x80, 60, 0]), bytes([0x80, 61, 0]))
    assert midi.decode(open_)[0].offset.tolist() == [4.0, 4.0]


@pytest.mark.parametrize(
    "data", [b"", b"RIFF....", b"MThd\0\0\0\x06\0\0\0\x01\x03\xc0MTrk\0\0\0\x02\x00"]
)
def test_what_is_no_midi_file_is_said_so(tmp_path, data):
    path = tmp_path / "song.mid"
    path.write_bytes(data)
    with pytest.raises(ValidationError, match="no usable MIDI file"):
        midi.read(path)
