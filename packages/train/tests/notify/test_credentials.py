from __future__ import annotations

import copy
import pickle

import pytest

from audioml.core.errors import UsageError
from audioml.train.notify import CredentialsError, ExposedCredentialsError, check
from audioml.train.notify.credentials import login
from audioml.train.notify.secret import Secret, scrubbed

EMAIL = {"host": "localhost", "to": "a@example.org", "from": "b@example.org"}


@pytest.mark.parametrize(
    "text",
    ['[email]\nuser = "me"\npassword = "s%cret"\n', "[email]\nuser = me\npassword = s%cret\n"],
)
def test_a_file_is_toml_or_ini(tmp_path, private, text):
    found = login(str(private(tmp_path / "mail", text)))
    assert (found.user, found.password.reveal()) == ("me", "s%cret")


def test_the_environment_is_asked(monkeypatch):
    monkeypatch.setenv("AUDIOML_SMTP_USER", "me")
    monkeypatch.delenv("AUDIOML_SMTP_PASSWORD", raising=False)
    with pytest.raises(CredentialsError, match="AUDIOML_SMTP_PASSWORD is not set"):
        login("env")
    monkeypatch.setenv("AUDIOML_SMTP_PASSWORD", "secret")
    assert login("env").password.reveal() == "secret"
    assert login("none") is None


@pytest.mark.parametrize(
    "text",
    [
        "password = s3cret",
        "[email]\npassword = 's3cret'",
        "[email]\nuser = 'me'\n = s3cret\n",
        "[[email]]\npassword = 's3cret'",
        "\0s3cret",
        "s3cret",
        "[email",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_without_its_contents(tmp_path, private, text):
    path = private(tmp_path / "mail", text)
    with pytest.raises(CredentialsError, match=str(path)) as error:
        login(str(path))
    cause = error.value.__cause__ or error.value.__context__
    assert "s3cret" not in f"{error.value!r} {cause!r}"


def test_a_secret_is_not_shown_by_accident():
    secret = Secret("hunter2")
    shown = f"{secret} {secret!r} {secret!s} {[secret]} {secret:>20} " + "%s" % secret  # noqa: UP031
    assert "hunter2" not in shown
    for give in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            give(secret)


def test_secrets_are_taken_out_of_what_servers_say():
    assert (
        scrubbed("no hunter2 or aHVudGVyMg==", [Secret("hunter2"), Secret("")]) == "no *** or ***"
    )


def test_check_refuses_before_the_run_what_would_fail_after_it(repository, private, monkeypatch):
    check(None)
    check({"email": None, "webhook": None})
    file = private(repository / "mail.toml")
    with pytest.raises(ExposedCredentialsError):
        check({"email": {**EMAIL, "credentials": str(file)}})
    (repository / ".gitignore").write_text("mail.toml\n")
    check({"email": {**EMAIL, "credentials": str(file)}})
    monkeypatch.delenv("AUDIOML_SMTP_USER", raising=False)
    with pytest.raises(CredentialsError, match="AUDIOML_SMTP_USER"):
        check({"email": EMAIL})
    with pytest.raises(CredentialsError, match="HOOK_URL"):
        check({"webhook": "env:HOOK_URL"})


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"mail": {}}, "did you mean 'email'"),
        ({"email": {"host": "a", "to": "b@c"}}, "needs from"),
        ({"email": {**EMAIL, "password": "hunter2"}}, "no place in a configuration"),
        ({"email": {**EMAIL, "to": "nobody"}}, "an e-mail address"),
        ({"email": {**EMAIL, "to": "a@b\nBcc: c@d"}}, "an e-mail address"),
        ({"email": {**EMAIL, "port": 0}}, "from 1 to 65535"),
        ({"email": {**EMAIL, "security": "none"}}, "tls or starttls"),
        ({"email": {**EMAIL, "timeout": -1}}, "timeout"),
        ({"webhook": "http://example.org/hunter2"}, "https://"),
        ({"webhook": "file:///etc/passwd"}, "https://"),
        ({"webhook": {"timeout": 3}}, "either url or credentials"),
        ({"webhook": {"url": "https://[hunter2"}}, "https://"),
        ({"on": "never"}, "notify.on must be always or success or failure, got 'never'"),
        ({"on": ["success"]}, "notify.on must be"),
        ({"email": ["a"]}, "names and values"),
    ],
)
def test_wrong_configurations_are_refused_without_their_secrets(config, reason):
    with pytest.raises(UsageError, match=reason) as error:
        check(config)
    assert "hunter2" not in str(error.value)
