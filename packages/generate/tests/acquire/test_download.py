from __future__ import annotations

import time
from email.utils import format_datetime

import pytest

from audioml.core.errors import IntegrityError, OfflineError, OutputError
from audioml.core.files import hashed
from audioml.generate.acquire.errors import FetchError
from audioml.generate.acquire.fetcher import Fetcher
from audioml.generate.acquire.web import Pace, Web

SONG = bytes(range(256)) * 300  # 76,800 bytes


@pytest.fixture
def fetcher(tmp_path, web):
    return Fetcher(tmp_path / ".parts", web)


def ranges(host, path="/song.mp3"):
    return [headers.get("Range") for headers in host.asked(path)]


def digest(data):
    import hashlib

    return f"sha1:{hashlib.sha1(data).hexdigest()}"


def test_a_file_comes_in_one_piece(host, fetcher):
    part = fetcher.download(host.put("/song.mp3", SONG))
    assert part.path.read_bytes() == SONG
    agent = host.asked("/song.mp3")[0]["User-Agent"]
    assert agent.startswith("audioml/")
    assert agent.endswith("someone@example.org)")
    assert ranges(host) == [None]


def test_a_host_that_cuts_every_answer_is_asked_for_the_rest(host, fetcher, hands):
    url = host.put("/song.mp3", SONG, cut=30_000)
    assert fetcher.download(url, digest=digest(SONG)).path.read_bytes() == SONG
    assert ranges(host) == [None, "bytes=30000-", "bytes=60000-"]
    assert host.asked("/song.mp3")[1]["If-Range"] == host.files["/song.mp3"].tag()
    assert hands.slept == [1.0, 1.0]  # it got on each time: no reason to wait longer


def test_a_host_that_gives_no_ranges_is_asked_for_all_of_it(host, fetcher):
    file = host.files[host.put("/song.mp3", SONG, cut=30_000, ranges=False) and "/song.mp3"]

    def mend(_file):
        file.cut = None if len(host.asked("/song.mp3")) > 2 else file.cut

    file.changes = mend
    assert fetcher.download(host.url + "/song.mp3").path.read_bytes() == SONG


def test_what_changes_on_the_way_is_begun_anew(host, fetcher):
    other = SONG[::-1]
    host.put("/song.mp3", SONG, cut=30_000)

    def change(file):
        if len(host.asked("/song.mp3")) == 2:
            file.data, file.cut = other, None

    host.files["/song.mp3"].changes = change
    assert fetcher.download(host.url + "/song.mp3").path.read_bytes() == other
    assert ranges(host) == [None, "bytes=30000-"]  # answered by 200, which If-Range is for


def test_a_host_that_lies_about_a_change_is_found_out(host, fetcher):
    other = SONG[::-1]
    host.put("/song.mp3", SONG, cut=30_000, heeds_if_range=False)

    def change(file):
        if len(host.asked("/song.mp3")) == 2:
            file.data = other

    host.files["/song.mp3"].changes = change
    assert fetcher.download(host.url + "/song.mp3").path.read_bytes() == other
    assert ranges(host) == [None, "bytes=30000-", None, "bytes=30000-", "bytes=60000-"]


def test_a_file_that_never_stays_the_same_is_given_up(host, fetcher):
    host.put("/song.mp3", SONG, cut=30_000)

    def change(file):
        file.etag = f'"{len(host.log)}"'

    host.files["/song.mp3"].changes = change
    with pytest.raises(FetchError, match="times in a row"):
        fetcher.download(host.url + "/song.mp3")
    assert len(host.asked("/song.mp3")) < 20


def test_pieces_are_joined_by_date_where_there_is_no_etag(host, fetcher):
    modified = "Sat, 01 Apr 2017 00:00:00 GMT"
    url = host.put("/song.mp3", SONG, cut=50_000, etag="", modified=modified)
    assert fetcher.download(url).path.read_bytes() == SONG
    assert host.asked("/song.mp3")[1]["If-Range"] == modified


def test_pieces_without_any_proof_are_joined_only_if_a_hash_tells(host, fetcher):
    url = host.put("/song.mp3", SONG, cut=50_000, etag="")
    assert fetcher.download(url, digest=digest(SONG)).path.read_bytes() == SONG
    with pytest.raises(FetchError, match="broke off"):
        fetcher.download(host.put("/other.mp3", SONG, cut=50_000, etag=""))
    assert set(ranges(host, "/other.mp3")) == {None}


def test_a_weak_etag_proves_nothing(host, fetcher):
    url = host.put("/song.mp3", SONG, cut=50_000, etag='W/"1"')
    with pytest.raises(FetchError, match="broke off"):
        fetcher.download(url)


def test_a_second_run_goes_on(host, fetcher, tmp_path, hands):
    url = host.put("/song.mp3", SONG, cut=30_000, first=[])
    impatient = Web(pace=Pace(tries=1, least=1 << 30), clock=hands)
    with pytest.raises(FetchError):
        Fetcher(tmp_path / ".parts", impatient).download(url)
    host.files["/song.mp3"].cut = None
    assert fetcher.download(url).path.read_bytes() == SONG
    assert ranges(host) == [None, "bytes=30000-"]
    assert fetcher.download(url).path.read_bytes() == SONG
    assert len(ranges(host)) == 2  # it was whole


def test_what_was_got_before_of_another_file_is_not_joined(host, fetcher):
    url = host.put("/song.mp3", SONG)
    part = fetcher.part(url)
    part.begin()
    part.path.write_bytes(b"x" * 1000)  # and no note, as after a kill at the wrong moment
    assert fetcher.download(url).path.read_bytes() == SONG


def test_a_file_that_is_whole_but_was_never_said_to_be_is_fetched_anew(host, fetcher):
    url = host.put("/song.mp3", SONG)
    part = fetcher.part(url)
    part.begin()
    part.path.write_bytes(SONG)
    part.write_note(url=url, span=None, about=[None, host.files["/song.mp3"].tag(), ""])
    assert fetcher.download(url).path.read_bytes() == SONG
    assert ranges(host) == [f"bytes={len(SONG)}-", None]  # answered by 416


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_busy_host_is_asked_again_after_twice_as_long(host, fetcher, hands, status):
    url = host.put("/song.mp3", SONG, first=[(status, {})] * 4)
    fetcher.download(url)
    assert hands.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_host_says_itself_when_it_wants_to_be_asked_again(host, fetcher, hands):
    soon = format_datetime(hands.today().replace(microsecond=0))
    first = [(429, {"Retry-After": "30"}), (503, {"Retry-After": soon}), (429, {})]
    fetcher.download(host.put("/song.mp3", SONG, first=first))
    assert hands.slept == [30.0, 0.0, 4.0]


def test_a_host_that_wants_to_be_left_alone_for_hours_is(host, fetcher, hands):
    url = host.put("/song.mp3", SONG, first=[(429, {"Retry-After": "7200"})])
    with pytest.raises(FetchError, match="7200 s"):
        fetcher.download(url)
    with pytest.raises(FetchError):
        fetcher.download(host.put("/other.mp3", SONG))
    assert hands.slept == []
    assert not host.asked("/other.mp3")


def test_a_host_that_stays_busy_is_given_up(host, fetcher, hands):
    url = host.put("/song.mp3", SONG, first=[(500, {})] * 99)
    with pytest.raises(FetchError, match="answered 500 Internal Server Error, 6 times in a row"):
        fetcher.download(url)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451, 304])
def test_what_is_not_given_is_not_asked_for_again(host, fetcher, hands, status):
    with pytest.raises(FetchError, match=f"answered {status}"):
        fetcher.download(host.put("/song.mp3", SONG, first=[(status, {})]))
    assert len(host.asked("/song.mp3")) == 1
    assert hands.slept == []


def test_a_wrong_hash_leaves_nothing(host, fetcher, tmp_path):
    with pytest.raises(IntegrityError, match="not what was expected"):
        fetcher.download(host.put("/song.mp3", SONG), digest="sha256:" + "0" * 64)
    assert list((tmp_path / ".parts").iterdir()) == []
    assert len(host.asked("/song.mp3")) == 1


def test_joined_pieces_with_a_wrong_hash_are_fetched_once_more(host, fetcher):
    url = host.put("/song.mp3", SONG)
    part = fetcher.part(url)
    part.begin()
    part.path.write_bytes(b"x" * 1000)
    about = [len(SONG), host.files["/song.mp3"].tag(), ""]
    part.write_note(url=url, span=None, about=about)
    fetcher.download(url, digest=digest(SONG))
    assert ranges(host) == ["bytes=1000-", None]
    assert hashed(part.path, "sha1") == digest(SONG).removeprefix("sha1:")


def test_a_host_that_only_drips_is_given_up(host, tmp_path, hands):
    def drop(_at):
        time.sleep(0.005)
        hands.at += 2.0

    web = Web(pace=Pace(tries=2, least=1024, window=20.0), clock=hands)
    url = host.put("/song.mp3", SONG[:2000], piece=1, sends=drop)
    with pytest.raises(FetchError, match=r"only \d+ bytes came in 20 s"):
        Fetcher(tmp_path, web).download(url)


def test_a_host_that_falls_silent_is_asked_again(host, tmp_path, hands):
    import threading

    released = threading.Event()

    def wait(at):
        if at and len(host.asked("/song.mp3")) == 1:
            released.wait(10)

    web = Web(pace=Pace(read=0.2, least=1024), clock=hands)
    url = host.put("/song.mp3", SONG, piece=20_000, sends=wait)
    assert Fetcher(tmp_path, web).download(url).path.read_bytes() == SONG
    released.set()
    assert ranges(host) == [None, "bytes=20000-"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_to_other_hosts_are_followed_as_guests_there(host, other_host, fetcher, status):
    other_host.put("/there.mp3", SONG)
    target = {"Location": f"{other_host.url}/there.mp3"}
    url = host.put("/song.mp3", first=[(status, target)] * 9)
    assert fetcher.download(url).path.read_bytes() == SONG
    assert other_host.log[0][0] == "/robots.txt"


def test_a_redirect_into_what_robots_txt_forbids_is_not_followed(host, other_host, fetcher):
    other_host.put("/robots.txt", b"User-agent: *\nDisallow: /")
    target = {"Location": f"{other_host.url}/there.mp3"}
    with pytest.raises(FetchError, match=r"robots\.txt"):
        fetcher.download(host.put("/song.mp3", first=[(302, target)]))
    assert not other_host.asked("/there.mp3")


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "gopher:x"]
)
def test_a_redirect_to_something_else_than_the_web_is_refused(host, fetcher, target):
    with pytest.raises(FetchError, match="not followed"):
        fetcher.download(host.put("/song.mp3", first=[(302, {"Location": target})]))


def test_redirects_in_a_circle_end(host, fetcher):
    with pytest.raises(FetchError, match="more than 5 redirects"):
        fetcher.download(host.put("/song.mp3", first=[(302, {"Location": "/song.mp3"})] * 99))


def test_https_is_not_left_for_http():
    from audioml.generate.acquire.web.answers import moved_to

    with pytest.raises(FetchError):
        moved_to("https://a.example/x", 302, {"Location": "http://a.example/x"})
    assert (
        moved_to("http://a.example/x", 302, {"Location": "//b.example/y#z"}) == "http://b.example/y"
    )


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/y", "/etc/passwd", "http://", "http://[x"]
)
def test_only_the_web_is_asked(fetcher, url):
    with pytest.raises(FetchError, match="URL"):
        fetcher.download(url)


def test_a_password_in_a_url_is_refused_and_not_repeated(fetcher):
    with pytest.raises(FetchError) as caught:
        fetcher.download("https://me:secret@example.org/x")
    assert "secret" not in str(caught.value)


def test_a_page_is_no_recording_unless_its_hash_is_known(host, fetcher):
    url = host.put("/song.mp3", b"<html>please log in", kind="text/html; charset=utf-8")
    with pytest.raises(FetchError, match="with a page"):
        fetcher.download(url)
    fetcher.download(url, digest=digest(b"<html>please log in"))


def test_what_comes_packed_is_refused(host, fetcher):
    url = host.put("/song.mp3", SONG, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="gzip"):
        fetcher.download(url)


def test_a_file_of_unknown_length_is_taken_if_it_ends_well(host, fetcher):
    assert fetcher.download(host.put("/song.mp3", SONG, chunked=True)).path.read_bytes() == SONG
    with pytest.raises(FetchError, match="broke off"):
        fetcher.download(host.put("/cut.mp3", SONG, chunked=True, cut=70_000, etag=""))


def test_nobody_there_is_told_soon_and_asked_no_more(fetcher, hands):
    for _ in range(3):
        with pytest.raises(OfflineError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
            fetcher.download("http://127.0.0.1:9/song.mp3")
    assert hands.slept == [1.0]


def test_a_name_that_is_not_found_is_no_network(fetcher):
    with pytest.raises(OfflineError, match="is there a network"):
        fetcher.download("http://nowhere.invalid/song.mp3")


def test_offline_means_offline(host, fetcher, monkeypatch):
    monkeypatch.setenv("AUDIOML_OFFLINE", "1")
    with pytest.raises(OfflineError, match="network is off"):
        fetcher.download(host.put("/song.mp3", SONG))
    assert not host.log


def test_robots_txt_is_heeded_and_asked_for_once(host, fetcher):
    host.put("/robots.txt", b"User-agent: audioml\nDisallow: /closed/\n")
    with pytest.raises(FetchError, match="not for programs"):
        fetcher.download(host.put("/closed/song.mp3", SONG))
    fetcher.download(host.put("/open/song.mp3", SONG))
    assert len(host.asked("/robots.txt")) == 1
    assert not host.asked("/closed/song.mp3")


def test_a_crawl_delay_lies_between_any_two_requests(host, fetcher, hands):
    host.put("/robots.txt", b"User-agent: *\nCrawl-delay: 7\n")
    for name in "abc":
        fetcher.download(host.put(f"/{name}.mp3", SONG))
    assert hands.slept == [7.0, 7.0, 7.0]


def test_our_own_delay_holds_where_the_host_asks_for_less(host, tmp_path, hands):
    host.put("/robots.txt", b"User-agent: *\nCrawl-delay: 1\n")
    web = Web(pace=Pace(delay=3.0), clock=hands)
    for name in "ab":
        Fetcher(tmp_path, web).download(host.put(f"/{name}.mp3", SONG))
    assert sum(hands.slept) == pytest.approx(6.0, abs=0.1)


def test_a_robots_txt_that_cannot_be_read_forbids_everything(host, fetcher):
    host.put("/robots.txt", b"User-agent: *\nDisallow:\n", first=[(503, {})] * 99)
    with pytest.raises(FetchError, match=r"robots\.txt answered 503"):
        fetcher.download(host.put("/song.mp3", SONG))
    assert not host.asked("/song.mp3")


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_robots_txt_that_is_not_there_forbids_nothing(host, fetcher, status):
    host.put("/robots.txt", first=[(status, {})])
    fetcher.download(host.put("/song.mp3", SONG))


def test_one_connection_serves_all_files(host, fetcher):
    for number in range(20):
        fetcher.download(host.put(f"/{number}.mp3", SONG))
    assert len(host.connections) == 2  # robots.txt is not there, and that ended the first


def test_a_full_disk_keeps_what_was_got(host, fetcher, full_disk):
    url = host.put("/song.mp3", SONG)
    with full_disk(after=40_000), pytest.raises(OutputError, match="No space left on device"):
        fetcher.download(url)
    assert fetcher.part(url).size == 40_000
    assert fetcher.download(url).path.read_bytes() == SONG
    assert ranges(host) == [None, "bytes=40000-"]
