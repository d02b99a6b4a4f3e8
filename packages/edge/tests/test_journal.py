from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml.core.errors import OutputError
from audioml.edge.database import Database
from audioml.edge.journal import Journal
from audioml.edge.names import Namer
from audioml.edge.outbox import Outbox
from audioml.edge.rows import Finished, Found
from audioml.edge.sinks.base import Event


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "journal.sqlite")
    yield database
    database.close()


@pytest.fixture
def journal(database) -> Journal:
    return Journal(database)


@pytest.fixture
def outbox(database) -> Outbox:
    return Outbox(database)


def test_a_file_is_taken_up_once_for_each_content(journal) -> None:
    one, other = Found("a.wav", 10, 1), Found("a.wav", 10, 2)
    assert journal.add([one, one]) == 1
    assert journal.add([one]) == 0
    assert journal.add([other]) == 1
    assert [row.found for row in journal.waiting(10)] == [one, other]


def test_the_oldest_come_first_or_the_newest(journal) -> None:
    journal.add(Found(f"{i}.wav", 1, i) for i in (3, 1, 2))
    assert [row.found.mtime_ns for row in journal.waiting(2)] == [1, 2]
    assert [row.found.mtime_ns for row in journal.waiting(2, newest=True)] == [3, 2]


def test_names_that_are_no_text_are_kept(journal) -> None:
    name = b"caf\xe9 \xff.wav".decode(errors="surrogateescape")
    journal.add([Found(name, 1, 1)])
    (row,) = journal.waiting(1)
    assert row.found.path == name


def test_records_come_with_the_end_of_their_file_and_once(journal, outbox) -> None:
    journal.add([Found("a.wav", 1, 1)])
    (row,) = journal.waiting(1)
    events = [Event("x", {"kind": "file", "id": "x", "ü": 1.5}), Event("y", {"kind": "window"})]
    for _ in range(2):
        journal.finish([Finished(row, "done", events={"jsonl": events})])
    assert journal.waiting(1) == []
    waiting = outbox.waiting("jsonl", 10)
    assert [event for _, event in waiting] == events
    outbox.taken([number for number, _ in waiting])
    assert outbox.waiting("jsonl", 10) == []


def test_a_record_that_is_no_json_undoes_the_whole_end(journal) -> None:
    journal.add([Found("a.wav", 1, 1)])
    (row,) = journal.waiting(1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.finish([Finished(row, "done", events={"s": [Event("x", {"v": float("nan")})]})])
    assert journal.waiting(1) == [row]


def test_what_was_in_hand_is_known_after_a_crash(journal, database) -> None:
    journal.add([Found("a.wav", 1, 1), Found("b.wav", 1, 2)])
    first, second = journal.waiting(2)
    assert journal.in_hand() is None
    journal.hold(second)
    other = Database(database.path)
    again = Journal(other)
    assert again.in_hand() == second
    again.finish([Finished(second, "done")])
    assert again.in_hand() is None
    other.close()
    assert journal.waiting(2) == [first]


def test_a_file_that_comes_back_waits_again(journal) -> None:
    found = Found("a.wav", 1, 1)
    journal.add([found])
    (row,) = journal.waiting(1)
    journal.finish([Finished(row, "gone")])
    assert journal.waiting(1) == []
    assert journal.add([found]) == 1
    assert journal.waiting(1) == [row]


def test_what_was_given_up_can_be_retried_and_forgotten(journal) -> None:
    found = Found("a.wav", 1, 1)
    journal.add([found])
    (row,) = journal.waiting(1)
    journal.finish([Finished(row, "bad", reason="no audio")])
    assert journal.retry("b.wav") == 0
    assert journal.retry() == 1
    assert journal.waiting(1)[0].tries == 0
    assert journal.forget("a.wav") == 1
    assert journal.add([found]) == 1


def test_audio_is_disposed_of_once(journal) -> None:
    journal.add([Found("a.wav", 1, 2), Found("b.wav", 1, 1)])
    rows = journal.waiting(2)
    journal.finish([Finished(row, "done", status="ok") for row in rows])
    assert journal.kept() == rows
    journal.dispose(rows[:1])
    assert journal.kept() == rows[1:]


def test_a_full_disk_is_an_os_error_and_nothing_changes(journal, database, outbox) -> None:
    journal.add([Found("a.wav", 1, 1)])
    (row,) = journal.waiting(1)
    pages = database.one("PRAGMA page_count")
    database.all(f"PRAGMA max_page_count = {pages}")
    many = [Event(str(i), {"text": "x" * 1000}) for i in range(1000)]
    with pytest.raises(OSError, match="full") as caught:
        journal.finish([Finished(row, "done", events={"s": many})])
    assert caught.value.errno == errno.ENOSPC
    assert journal.waiting(1) == [row]
    database.all("PRAGMA max_page_count = 1000000")
    journal.finish([Finished(row, "done", events={"s": many})])
    assert len(outbox.waiting("s", 10_000)) == 1000


def test_records_for_a_sink_that_takes_none_are_bounded(outbox) -> None:
    outbox.send({"a": [Event(str(i), {"i": i}) for i in range(10)], "b": [Event("x", {})]})
    assert outbox.trim("a", 3) == 7
    assert [event.id for _, event in outbox.waiting("a", 10)] == ["7", "8", "9"]
    assert outbox.trim("a", 3) == 0
    assert outbox.unsent() == {"a": 3, "b": 1}
    assert outbox.trim("b", 0) == 1


def test_the_name_of_what_was_gone_is_free(journal) -> None:
    journal.add([Found("a.wav", 0, 1)])
    (row,) = journal.waiting(1)
    journal.finish([Finished(row, "gone")])
    journal.add([Found("a.wav", 9, 2)])
    assert journal.waiting(1)[0].output == "a"
    journal.add([Found("a.wav", 0, 1)])
    assert [row.output for row in journal.waiting(2)] == ["a.wav", "a"]


def test_a_file_that_is_no_journal_is_refused(tmp_path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_text("not a database, but long enough to be looked at as if it were one" * 20)
    with pytest.raises(OutputError, match="cannot open the journal"):
        Database(path)


@given(st.lists(st.sampled_from(["a.wav", "a.flac", "b/a.wav", "a", "a.wav.2", "a.wav.wav"])))
def test_no_two_inputs_have_one_output(paths) -> None:
    taken: set[str] = set()
    namer = Namer(taken.__contains__)
    for path in paths:
        name = namer.name(path)
        assert name not in taken
        taken.add(name)


def test_an_output_is_called_like_its_input() -> None:
    taken: set[str] = set()
    namer = Namer(taken.__contains__)
    names = []
    for path in ("sub/a.wav", "sub/a.flac", "sub/a.wav", "sub/a.wav"):
        names.append(namer.name(path))
        taken.add(names[-1])
    assert names == ["sub/a", "sub/a.flac", "sub/a.wav", "sub/a.wav.2"]


def test_what_ended_long_ago_and_is_gone_is_forgotten(journal) -> None:
    journal.add(Found(f"{i}.wav", 1, i) for i in range(6))
    first, second, *_ = journal.waiting(6)
    journal.finish([Finished(first, "done", status="ok"), Finished(second, "done", status="ok")])
    assert journal.prune(lambda row: True, before=0.0) == 0
    assert len(journal.kept()) == 2
    seen: list[int] = []
    after = journal.prune(lambda row: bool(seen.append(row.id)), before=2e10, limit=4)
    assert after == 4
    after = journal.prune(lambda row: bool(seen.append(row.id)), before=2e10, after=after, limit=4)
    assert (after, seen) == (0, [1, 2, 3, 4, 5, 6])
    journal.prune(lambda row: row == first, before=2e10)
    assert journal.kept() == [second]
    assert journal.count("new") == 4


def test_an_output_of_before_is_not_written_over(database) -> None:
    journal = Journal(database, {"a"}.__contains__)
    journal.add([Found("a.wav", 1, 1)])
    assert journal.waiting(1)[0].output == "a.wav"
