from __future__ import annotations

import dataclasses
import logging
import socket
import threading

import pytest

from audioml.train.notify import notify

PASSWORD = "hunter2-and-a-half"


@pytest.fixture
def email_config(tmp_path, private):
    path = private(tmp_path / "mail.toml")

    def make(server, **given):
        about = {
            "host": "localhost",
            "port": server.port,
            "security": "starttls" if server.mode == "starttls" else "tls",
            "ca": server.ca,
            "to": ["a@example.org", "b@example.org"],
            "from": "trainer@example.org",
            "credentials": str(path),
            "timeout": 5,
        }
        return {"email": {**about, **given}}

    return make


@pytest.mark.parametrize("mode", ["tls", "starttls"])
def test_an_email_arrives_over_tls(mail_server, email_config, manifest, caplog, mode):
    caplog.set_level(logging.DEBUG)
    server = mail_server(mode)
    assert notify(email_config(server), manifest)
    (message,) = server.messages
    assert message["Subject"] == "audioml: transcription completed, test/f1 0.9125"
    assert message["To"] == "a@example.org, b@example.org"
    text = message.get_body().get_content()
    assert "test/f1    0.9125" in text
    assert "after 1:02:03" in text
    in_the_open = {line.split()[0].upper() for encrypted, line in server.lines if not encrypted}
    assert in_the_open <= {"EHLO", "STARTTLS"}
    assert server.logins == [f"\0me\0{PASSWORD}"]
    assert PASSWORD not in caplog.text + str(message)


def test_small_artifacts_are_attached_and_large_ones_named(mail_server, email_config, manifest):
    server = mail_server()
    assert notify(email_config(server, attach=["*.png"]), manifest)
    (message,) = server.messages
    (part,) = message.iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == ("loss.png", "image/png")
    assert part.get_content() == b"\x89PNG small"
    assert "not attached: artifacts/big.png" in message.get_body().get_content()


def test_a_failed_run_is_told_with_its_error(mail_server, email_config, manifest):
    server = mail_server()
    failed = dataclasses.replace(
        manifest, status="failed", error="the loss is\nNaN", task="a\r\nBcc: x@y"
    )
    assert notify(email_config(server), failed)
    (message,) = server.messages
    assert message["Subject"] == "audioml: a Bcc: x@y failed"
    assert message["Bcc"] is None
    assert "the loss is" in message.get_body().get_content()


@pytest.mark.parametrize(
    ("on", "told"),
    [
        (None, ["completed", "failed", "interrupted"]),
        ("always", ["completed", "failed", "interrupted"]),
        ("success", ["completed"]),
        ("failure", ["failed", "interrupted"]),
    ],
)
def test_only_the_ends_that_were_asked_for_are_told(web_server, manifest, on, told):
    server = web_server()
    url = f"https://localhost:{server.port}/services/T0/{PASSWORD}"
    config = {"webhook": {"url": url, "ca": server.ca}, "on": on}
    for status in ("running", "completed", "failed", "interrupted"):
        assert notify(config, dataclasses.replace(manifest, status=status))
    assert [body["run"]["status"] for _, _, body in server.posts] == told


def test_yaml_that_takes_on_for_true_is_understood(manifest, monkeypatch):
    yaml = pytest.importorskip("omegaconf").OmegaConf.create(
        "webhook: https://localhost/x\non: failure\n"
    )
    monkeypatch.setattr("audioml.train.notify.sending._post", lambda *_: 1 / 0)
    assert True in yaml
    assert notify(yaml, manifest)  # which was completed


def _refused(config, manifest, caplog):
    assert notify(config, manifest) is False
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    assert all(record.exc_info is None for record in caplog.records)
    assert PASSWORD not in caplog.text
    return caplog.text


def test_a_server_that_nobody_vouches_for_gets_no_password(
    mail_server, email_config, manifest, caplog
):
    server = mail_server()
    said = _refused(email_config(server, ca=None), manifest, caplog)
    assert "certificate" in said.lower()
    assert server.logins == server.messages == []
    assert server.connections == 1


@pytest.mark.parametrize("mode", ["tls", "starttls"])
def test_a_server_of_another_name_gets_no_password(
    mail_server, email_config, manifest, caplog, mode
):
    server = mail_server(mode, name="other.example.org")
    assert "mismatch" in _refused(email_config(server), manifest, caplog)
    assert server.logins == []


def test_a_server_without_tls_gets_no_password(mail_server, email_config, manifest, caplog):
    server = mail_server("plain")
    said = _refused(email_config(server, security="starttls"), manifest, caplog)
    assert "STARTTLS" in said
    assert server.logins == server.messages == []


def test_a_wrong_password_is_said_but_not_shown(
    mail_server, email_config, manifest, caplog, tmp_path, private
):
    server = mail_server()
    wrong = private(tmp_path / "wrong", '[email]\nuser = "me"\npassword = "hunter3-quarter"\n')
    said = _refused(email_config(server, credentials=str(wrong)), manifest, caplog)
    assert "refused the user or the password (535)" in said
    assert "hunter3" not in said
    assert "aHVudGVy" not in said
    assert server.connections == 1  # trying again might lock the account


@pytest.mark.parametrize(("busy", "arrives"), [(1, True), (2, False)])
def test_a_busy_server_is_asked_once_more(mail_server, email_config, manifest, busy, arrives):
    server = mail_server(busy=busy)
    assert notify(email_config(server), manifest) is arrives
    assert server.connections == 2


def test_a_file_that_became_exposed_is_not_used(
    mail_server, email_config, manifest, caplog, tmp_path
):
    server = mail_server()
    config = email_config(server)
    (tmp_path / "mail.toml").chmod(0o644)
    assert "0600 was expected" in _refused(config, manifest, caplog)
    assert server.connections == 0


def test_a_server_that_is_not_there_or_silent_is_a_warning(
    email_config, manifest, caplog, authority
):
    import types

    with socket.create_server(("127.0.0.1", 0)) as silent:
        about = types.SimpleNamespace(port=silent.getsockname()[1], mode="tls", ca=authority.ca)
        assert "timed out" in _refused(email_config(about, timeout=0.2), manifest, caplog)
    assert "refused" in _refused(email_config(about, timeout=0.2), manifest, caplog)


def test_what_hangs_is_left_behind(manifest, monkeypatch, caplog):
    from audioml.train.notify import sending

    release = threading.Event()
    monkeypatch.setattr(sending, "_LOOK_UPS", 0.0)
    monkeypatch.setattr(sending, "_post", lambda *_: release.wait(30))
    config = {"webhook": {"url": "https://localhost/x", "timeout": 0.1}}
    assert notify(config, manifest) is False
    assert "no end" in caplog.text
    release.set()


def test_a_bug_in_sending_is_a_warning_without_its_text(manifest, monkeypatch, caplog):
    from audioml.train.notify import sending

    def fail(*_):
        raise KeyError(PASSWORD)

    monkeypatch.setattr(sending, "_post", fail)
    assert "KeyError" in _refused({"webhook": "https://localhost/x"}, manifest, caplog)


def test_a_wrong_configuration_never_fails_the_end_of_a_run(manifest, caplog, tmp_path):
    assert "did you mean" in _refused({"emial": {}}, manifest, caplog)
    assert "no manifest" in _refused(None, tmp_path / "nothing", caplog)


def test_a_webhook_gets_json(web_server, manifest):
    server = web_server()
    url = f"https://localhost:{server.port}/services/T0/{PASSWORD}"
    assert notify({"webhook": {"url": url, "ca": server.ca}}, manifest)
    ((path, kind, body),) = server.posts
    assert (path, kind) == (f"/services/T0/{PASSWORD}", "application/json")
    assert body["text"].startswith("audioml: transcription completed, test/f1 0.9125")
    assert body["run"]["metrics"] == {"test/f1": 0.9125, "test/loss": None}


def test_slack_gets_the_text_only(manifest):
    from audioml.train.notify.webhook import payload

    assert list(payload(manifest, host="hooks.slack.com")) == ["text"]


@pytest.mark.parametrize(
    ("codes", "posts", "arrives"),
    [
        ([503], 2, True),
        ([429, 500], 2, False),
        ([404], 1, False),
        ([302], 1, False),
        ([204], 1, True),
    ],
)
def test_a_webhook_is_tried_again_where_that_may_help(
    web_server, manifest, caplog, codes, posts, arrives
):
    server = web_server(*codes)
    url = f"https://localhost:{server.port}/services/{PASSWORD}"
    assert notify({"webhook": {"url": url, "ca": server.ca}}, manifest) is arrives
    assert len(server.posts) == posts
    assert PASSWORD not in caplog.text
    assert arrives or str(codes[-1]) in caplog.text


@pytest.mark.parametrize("name", ["localhost", "other.example.org"])
def test_a_webhook_without_a_certificate_gets_nothing(web_server, manifest, caplog, name):
    server = web_server(name=name)
    ca = None if name == "localhost" else server.ca
    url = f"https://localhost:{server.port}/services/{PASSWORD}"
    assert "certificate" in _refused({"webhook": {"url": url, "ca": ca}}, manifest, caplog).lower()
    assert server.posts == []


def test_the_url_of_a_webhook_may_come_from_the_environment_or_a_file(
    web_server, manifest, monkeypatch, tmp_path, private
):
    server = web_server()
    url = f"https://localhost:{server.port}/services/{PASSWORD}"
    monkeypatch.setenv("HOOK_URL", url)
    monkeypatch.setenv("SSL_CERT_FILE", server.ca)
    assert notify({"webhook": "env:HOOK_URL"}, manifest)
    path = private(tmp_path / "hook", f'[webhook]\nurl = "{url}"\n')
    assert notify({"webhook": {"credentials": str(path)}}, manifest)
    assert len(server.posts) == 2


def test_one_way_that_fails_does_not_keep_the_other_back(
    web_server, email_config, manifest, mail_server
):
    mail, web = mail_server("plain"), web_server()
    config = email_config(mail, security="starttls")
    config["webhook"] = {"url": f"https://localhost:{web.port}/", "ca": web.ca}
    assert notify(config, manifest) is False
    assert len(web.posts) == 1


def test_a_configuration_of_omegaconf_is_taken(web_server, manifest):
    omegaconf = pytest.importorskip("omegaconf")
    server = web_server()
    config = omegaconf.OmegaConf.create(
        {"port": server.port, "ca": server.ca, "notify": {"webhook": {"ca": "${ca}"}}}
    )
    config.notify.webhook.url = "https://localhost:${port}/x"
    assert notify(config.notify, manifest)


def test_nothing_of_a_secret_stays_with_a_run(mail_server, email_config, tmp_path, caplog):
    """A run is recorded and told with credentials around; nothing it leaves holds them."""
    from audioml.train.runs import read_manifest, record

    caplog.set_level(logging.DEBUG)
    server = mail_server()
    config = {"notify": email_config(server), "data": {"folder": str(tmp_path / "mail.toml")}}
    folder = tmp_path / "logs" / "chords" / "runs" / "one"
    record(
        folder, task="chords", config=config, metrics={"f1": 1.0}, model=None, checkpoints={},
        artifacts=None, status="completed", started=0.0, ended=1.0, source=tmp_path,
    )  # fmt: skip
    assert notify(config["notify"], folder)
    (message,) = server.messages
    left = [path.read_bytes() for path in (tmp_path / "logs").rglob("*") if path.is_file()]
    left += [str(message).encode(), caplog.text.encode(), read_manifest(folder).to_json().encode()]
    assert len(left) >= 5
    assert not any(PASSWORD.encode() in data for data in left)
