from __future__ import annotations

import subprocess

from audioml.train.runs.git import git_state


def _commit(run_git, folder):
    run_git(folder, "init")
    (folder / "a.py").write_text("one\n")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-m", "first")


def test_a_clean_tree_has_its_commit_and_no_diff(tmp_path, run_git):
    _commit(run_git, tmp_path)
    head = subprocess.run(
        ["git", "-C", str(tmp_path), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    )
    state = git_state(tmp_path)
    assert (state.commit, state.branch) == (head.stdout.strip(), "main")
    assert (state.dirty, state.diff) == (False, "")


def test_the_diff_tells_changes_apart_and_the_same_change_alike(tmp_path, run_git):
    _commit(run_git, tmp_path)
    found = []
    for text in ("two\n", "three\n", "two\n"):
        (tmp_path / "a.py").write_text(text)
        found.append(git_state(tmp_path).diff)
    run_git(tmp_path, "add", ".")
    found.append(git_state(tmp_path).diff)
    assert found[0] != found[1]
    assert found[0] == found[2] == found[3]


def test_a_new_file_counts_unless_it_is_ignored(tmp_path, run_git):
    _commit(run_git, tmp_path)
    (tmp_path / ".git" / "info" / "exclude").write_text("*.log\n")
    (tmp_path / "b.log").write_text("x")
    assert not git_state(tmp_path).dirty
    (tmp_path / "b.py").write_text("x")
    before = git_state(tmp_path)
    (tmp_path / "b.py").write_text("y")
    assert before.dirty
    assert git_state(tmp_path).diff != before.diff


def test_before_the_first_commit_all_is_new(tmp_path, run_git):
    run_git(tmp_path, "init")
    (tmp_path / "a.py").write_text("one\n")
    state = git_state(tmp_path)
    assert (state.commit, state.branch, state.dirty) == ("", "main", True)


def test_a_folder_in_the_tree_speaks_for_the_whole(tmp_path, run_git):
    _commit(run_git, tmp_path)
    inner = tmp_path / "sub"
    inner.mkdir()
    (tmp_path / "a.py").write_text("two\n")
    assert git_state(inner) == git_state(tmp_path)
    assert git_state(inner).dirty


def test_without_repository_or_git_nothing_is_known(tmp_path, run_git, monkeypatch):
    assert git_state(tmp_path) is None
    _commit(run_git, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path) is None


def test_variables_of_a_git_hook_do_not_mislead(tmp_path, run_git, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        _commit(run_git, tmp_path / name)
    (tmp_path / "two" / "b.py").write_text("x")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "one" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "one"))
    assert git_state(tmp_path / "two").dirty
