"""Writes the reference of the command line from the commands themselves.

``python docs/generate_cli.py`` writes; with ``--check`` it fails where the page is not what it
would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from audioml.core.cli.main import root

PAGE = Path(__file__).parent / "reference" / "cli.md"
HEAD = """# Command line

<!-- made by docs/generate_cli.py from the commands themselves -->

"""


def sections(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    """Yield the help of a command and of those below it, as Markdown."""
    context = click.Context(
        command, parent, name.rpartition(" ")[2], max_content_width=96, terminal_width=96
    )
    yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from sections(found, f"{name} {below}", context)


def main() -> None:
    """Write the page, or check it."""
    text = HEAD + "\n".join(sections(root, "audioml", None))
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/reference/cli.md is out of date: python docs/generate_cli.py")


if __name__ == "__main__":
    main()
