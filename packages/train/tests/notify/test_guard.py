from __future__ import annotations

import os
import shutil

import pytest

from audioml.train.notify import CredentialsError, ExposedCredentialsError, ensure_private


def _ignore(repository, pattern="mail.toml"):
    (repository / ".gitignore").write_text(pattern + "\n")


def test_an_ignored_private_file_is_allowed(repository, private):
    _ignore(repository)
    file = private(repository / "mail.toml")
    assert ensure_private(file) == file


def test_outside_any_repository_all_private_files_are_allowed(tmp_path, private):
    assert ensure_private(private(tmp_path / "mail.toml")).name == "mail.toml"


def test_a_tracked_file_is_refused_even_if_it_is_ignored(repository, private, run_git):
    file = private(repository / "mail.toml")
    run_git(repository, "add", "mail.toml")
    _ignore(repository)
    with pytest.raises(ExposedCredentialsError, match="is tracked by git"):
        ensure_private(file)
    run_git(repository, "commit", "-m", "oh no")
    with pytest.raises(ExposedCredentialsError, match="is tracked by git"):
        ensure_private(file)


def test_a_file_that_is_neither_tracked_nor_ignored_is_refused(repository, private):
    with pytest.raises(ExposedCredentialsError, match="is not ignored by git"):
        ensure_private(private(repository / "mail.toml"))


@pytest.mark.parametrize("branch", ["main", "other"])
def test_a_file_that_was_committed_once_and_removed_is_refused(
    repository, private, run_git, branch
):
    file = private(repository / "mail.toml", "password = 'old'")
    if branch == "other":
        run_git(repository, "checkout", "-b", "other")
    run_git(repository, "add", "mail.toml")
    run_git(repository, "commit", "-m", "oh no")
    run_git(repository, "rm", "--cached", "mail.toml")
    run_git(repository, "commit", "-m", "better")
    if branch == "other":
        run_git(repository, "checkout", "main")
    _ignore(repository)
    private(file)
    with pytest.raises(ExposedCredentialsError, match="in the history"):
        ensure_private(file)


def test_contents_that_were_committed_under_another_name_are_refused(repository, private, run_git):
    shutil.copy(private(repository / "mail.toml"), repository / "settings.toml")
    run_git(repository, "add", "settings.toml")
    run_git(repository, "commit", "-m", "oh no")
    run_git(repository, "rm", "settings.toml")
    run_git(repository, "commit", "-m", "better")
    _ignore(repository)
    with pytest.raises(ExposedCredentialsError, match="in the history"):
        ensure_private(repository / "mail.toml")


def test_a_repository_without_commits_is_asked_as_well(tmp_path, private, run_git):
    run_git(tmp_path, "init")
    file = private(tmp_path / "mail.toml")
    with pytest.raises(ExposedCredentialsError, match="is not ignored"):
        ensure_private(file)
    _ignore(tmp_path)
    assert ensure_private(file)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o700])
def test_a_file_that_others_may_read_is_refused(tmp_path, private, mode):
    file = private(tmp_path / "mail.toml")
    file.chmod(mode)
    with pytest.raises(ExposedCredentialsError, match=f"has mode {mode:04o}, 0600 was expected"):
        ensure_private(file)


def test_the_working_directory_does_not_matter(repository, private, tmp_path, monkeypatch):
    private(repository / "mail.toml")
    for place in (tmp_path, repository, "/"):
        monkeypatch.chdir(place)
        with pytest.raises(ExposedCredentialsError):
            ensure_private(os.path.relpath(repository / "mail.toml"))


def test_a_name_like_a_tracked_one_elsewhere_does_not_confuse(repository, private, run_git):
    (repository / "sub").mkdir()
    (repository / "sub" / "mail.toml").write_text("nothing")
    run_git(repository, "add", ".")
    _ignore(repository, "/mail.toml")
    assert ensure_private(private(repository / "mail.toml"))


def test_a_name_with_a_pattern_in_it_is_taken_by_the_letter(repository, private, run_git):
    (repository / "mail1.toml").write_text("nothing")
    run_git(repository, "add", ".")
    _ignore(repository, "mail\\[1\\].toml")
    assert ensure_private(private(repository / "mail[1].toml"))


def test_a_link_is_followed_to_the_file(repository, private, tmp_path):
    file = private(repository / "mail.toml")
    (tmp_path / "link.toml").symlink_to(file)
    with pytest.raises(ExposedCredentialsError, match="is not ignored"):
        ensure_private(tmp_path / "link.toml")


def test_a_worktree_is_a_repository(repository, private, run_git, tmp_path):
    run_git(repository, "worktree", "add", str(tmp_path / "tree"))
    file = private(tmp_path / "tree" / "mail.toml")
    with pytest.raises(ExposedCredentialsError, match="is not ignored"):
        ensure_private(file)
    _ignore(tmp_path / "tree")
    assert ensure_private(file)
    run_git(tmp_path / "tree", "add", "-f", "mail.toml")
    with pytest.raises(ExposedCredentialsError, match="is tracked"):
        ensure_private(file)


def test_a_submodule_is_a_repository_of_its_own(repository, private, run_git, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    run_git(outer, "init")
    run_git(outer, "submodule", "add", str(repository), "inner")
    run_git(outer, "commit", "-m", "first")
    file = private(outer / "inner" / "mail.toml")
    with pytest.raises(ExposedCredentialsError, match="is not ignored"):
        ensure_private(file)
    _ignore(outer / "inner")
    assert ensure_private(file)
    run_git(outer / "inner", "add", "-f", "mail.toml")
    with pytest.raises(ExposedCredentialsError, match="is tracked"):
        ensure_private(file)


def test_an_outer_repository_that_tracks_the_file_counts(repository, private, run_git):
    inner = repository / "inner"
    inner.mkdir()
    file = private(inner / "mail.toml")
    run_git(repository, "add", ".")
    run_git(inner, "init")
    _ignore(inner)
    with pytest.raises(ExposedCredentialsError, match="is tracked by git in .*/repository:"):
        ensure_private(file)


def test_a_repository_without_git_is_refused(repository, private, tmp_path, monkeypatch):
    _ignore(repository)
    file = private(repository / "mail.toml")
    outside = private(tmp_path / "mail.toml")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExposedCredentialsError, match="git is not installed"):
        ensure_private(file)
    assert ensure_private(outside)


def test_a_broken_repository_is_refused(tmp_path, private):
    (tmp_path / ".git").mkdir()
    with pytest.raises(ExposedCredentialsError, match="git cannot tell"):
        ensure_private(private(tmp_path / "mail.toml"))


def test_variables_of_a_git_hook_do_not_mislead(
    repository, private, tmp_path, run_git, monkeypatch
):
    other = tmp_path / "other"
    other.mkdir()
    run_git(other, "init")
    file = private(repository / "mail.toml")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    with pytest.raises(ExposedCredentialsError, match="is not ignored"):
        ensure_private(file)


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(CredentialsError, match="cannot be read"):
        ensure_private(tmp_path / "none.toml")
    with pytest.raises(CredentialsError, match="is not a file"):
        ensure_private(tmp_path)
