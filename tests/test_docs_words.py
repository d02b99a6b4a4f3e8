"""What pages tell people to type and to import is there; whether it works, other tests try."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SECTION = re.compile(r"^## (audioml[^\n]*)\n\n```text\n(.*?)```", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("README.md", "docs/*/*.md", "docs/*.md", "*/*/README.md")
    for path in ROOT.glob(pattern)
    if "_build" not in path.parts
)


def fences(page: str, *languages: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [textwrap.dedent(code) for _, name, code in FENCE.findall(text) if name in languages]


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """What each command says of itself, which `docs/generate_cli.py --check` keeps true."""
    page = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    return dict(SECTION.findall(page))


def split(words: list[str]) -> list[list[str]]:
    """Return the commands of a line, without the variables that are set before them."""
    found: list[list[str]] = [[]]
    for word in words:
        if set(word) <= set("|&;><()"):
            found.append([])
        elif found[-1] or not re.match(r"[A-Z_]+=", word):
            found[-1].append(word)
    return found


def command_lines(page: str) -> list[list[str]]:
    """Return the words of each ``audioml`` command, one that is piped into another included."""
    found = []
    for block in fences(page, "sh", "bash", "console"):
        for line in block.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;><()")
            lexer.whitespace_split = True
            try:
                words = list(lexer)
            except ValueError:  # a text of several lines
                continue
            found += [piped for piped in split(words) if piped[:1] == ["audioml"]]
    return found


def check(words: list[str], helps: dict[str, str]) -> None:
    known = [c for c in helps if words[: len(c.split())] == c.split()]
    command = max(known, key=len)
    rest = words[len(command.split()) :]
    if command == "audioml train":  # Hydra's words, which are checked when they are used
        return
    below = [c for c in helps if c.startswith(f"{command} ")]
    if below and rest and not rest[0].startswith("-"):
        assert command == "audioml serve", f"{' '.join(words)}: no such command"
    told = helps[command] + helps["audioml"]
    if command == "audioml serve":  # stands for `audioml serve run`
        told += helps["audioml serve run"]
    for word in rest:
        option = re.match(r"--[a-z][\w-]*|-[a-zA-Z]$", word)
        if option:
            assert re.search(rf"(?<!\S){option[0]}\b", told), f"{' '.join(words)}: {option[0]}"


def test_the_commands_of_the_migration_page_exist(helps) -> None:
    page = (ROOT / "docs/howto/migrate.md").read_text(encoding="utf-8")
    lines = re.findall(r"`(audioml [a-z][^`]*)`", page)
    assert len(lines) > 15
    for line in lines:
        check(line.split(), helps)


@pytest.mark.parametrize("page", [page for page in PAGES if command_lines(page)])
def test_commands_and_their_options_exist(page, helps) -> None:
    for words in command_lines(page):
        check(words, helps)


@pytest.mark.parametrize("page", [page for page in PAGES if fences(page, "python", "py")])
def test_what_is_imported_exists(page) -> None:
    for block in fences(page, "python", "py"):
        for node in ast.walk(ast.parse(block)):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(
                "audioml"
            ):
                continue
            if importlib.util.find_spec(node.module.partition(".")[0]) is None:
                continue  # a plugin of the reader's, or one that is not installed here
            module = importlib.import_module(node.module)
            for name in node.names:
                assert hasattr(module, name.name), (page, node.module, name.name)
