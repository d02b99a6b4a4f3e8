from __future__ import annotations

import pytest

from audioml.core.errors import UsageError
from audioml.serve.keys import Keys, new_key


@pytest.fixture
def keys(tmp_path):
    """A file with one key, and the key."""
    key, line = new_key("street-7")
    path = tmp_path / "keys"
    path.write_text(f"# who may ask\n{line}\n")
    return path, key


def test_without_a_key_nothing_is_told_but_health(served, keys, wav) -> None:
    path, key = keys
    client = served(keys=str(path)).app.test_client()
    for open_ in ("/healthz", "/readyz", "/openapi.json", "/app/", "/docs", "/"):
        assert client.get(open_).status_code in {200, 302}, open_
    for closed in ("/v1/models", "/metrics", "/v1/jobs/x", "/x/hello/", "/v1/models/../../healthz"):
        reply = client.get(closed)
        assert reply.status_code == 401, closed
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    for given in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer {key}"},
        {"X-API-Key": key},
    ):
        assert client.get("/v1/models", headers=given).status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic {key}"},
        {"Authorization": "{key}"},
        {"X-API-Key": "\udcff\x7f é"},
        {"X-API-Key": "x" * 5000},
        {"X-API-Key": "{key}x"},
    ],
)
def test_malformed_keys_are_refused(served, keys, given) -> None:
    path, key = keys
    client = served(keys=str(path)).app.test_client()
    headers = {
        name: value.replace("{key}", key).encode("utf-8", "surrogateescape").decode("latin-1")
        for name, value in given.items()
    }
    assert client.get("/v1/models", headers=headers).status_code == 401


def test_keys_are_kept_as_hashes_and_changes_are_noticed(keys) -> None:
    path, key = keys
    assert key not in path.read_text()
    known = Keys(path)
    assert known.name_of(key) == "street-7"
    other, line = new_key("b@c.d")
    assert known.name_of(other) is None
    path.write_text(f"{line}\n")
    assert (known.name_of(key), known.name_of(other)) == (None, "b@c.d")
    path.write_text(f"{line}\nhalf a li")  # as an editor does for a moment
    assert known.name_of(other) == "b@c.d"
    path.write_bytes(b"\xff\xfe")
    assert known.name_of(other) == "b@c.d"
    path.unlink()
    assert known.name_of(other) == "b@c.d"


def test_a_file_of_keys_that_is_none_is_told(tmp_path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Keys(tmp_path / "none")
    path = tmp_path / "keys"
    path.write_text("me secret\n")
    with pytest.raises(UsageError, match="line 1: expected a name and a SHA-256"):
        Keys(path)
    with pytest.raises(UsageError, match="a key's name"):
        new_key("me too")


def test_jobs_belong_to_the_key_that_asked(served, tmp_path, wav) -> None:
    made = [new_key(name) for name in ("one", "two")]
    path = tmp_path / "keys"
    path.write_text("".join(f"{line}\n" for _, line in made))
    client = served(keys=str(path)).app.test_client()
    one, two = ({"X-API-Key": key} for key, _ in made)
    reply = client.post(
        "/v1/jobs?model=tiny-level", data=wav(), content_type="audio/wav", headers=one
    )
    location = reply.headers["Location"]
    assert client.get(location, headers=one).status_code == 200
    assert client.get(location, headers=two).status_code == 404
    assert client.delete(location, headers=two).status_code == 404


def test_keys_that_begin_alike_are_not_alike(keys) -> None:
    path, key = keys
    assert Keys(path).name_of(key[:-1] + ("a" if key[-1] != "a" else "b")) is None
    first, line = new_key("x")
    digest = line.split()[1]
    path.write_text(f"x {digest[:8]}{'0' * 56}\n")
    assert Keys(path).name_of(first) is None


def test_who_guesses_keys_may_not_do_so_often(served, keys) -> None:
    client = served(keys=str(keys[0]), rate_limit="2/minute").app.test_client()
    codes = [client.get("/v1/models", headers={"X-API-Key": f"x{n}"}).status_code for n in range(3)]
    assert codes == [401, 401, 429]


def test_origins_are_checked(served) -> None:
    with pytest.raises(UsageError, match="'cors' takes origins such as"):
        served(cors="https://[")


def test_one_client_may_ask_so_often(served) -> None:
    client = served(rate_limit="100/second;2/minute").app.test_client()
    codes = [client.get("/v1/models").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    reply = client.get("/v1/models")
    assert 1 <= int(reply.headers["Retry-After"]) <= 60
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/models", environ_base={"REMOTE_ADDR": "10.0.0.2"}).status_code == 200


def test_other_pages_may_not_ask_unless_they_are_named(served) -> None:
    origin = {"Origin": "https://music.example"}
    silent = served().app.test_client().get("/v1/models", headers=origin)
    assert "Access-Control-Allow-Origin" not in silent.headers
    client = served(cors="https://music.example").app.test_client()
    reply = client.get("/v1/models", headers=origin)
    assert reply.headers["Access-Control-Allow-Origin"] == "https://music.example"
    asked = {**origin, "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "X-API-Key"}  # fmt: skip
    preflight = client.options("/v1/models/tiny-level/predict", headers=asked)
    assert preflight.headers["Access-Control-Allow-Headers"] == "X-API-Key"
    stranger = client.get("/v1/models", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_every_answer_carries_what_browsers_need_to_know(client) -> None:
    for path in ("/v1/models", "/nothing", "/app/"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
    assert client.get("/v1/models").headers["Cache-Control"] == "no-store"
