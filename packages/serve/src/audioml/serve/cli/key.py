"""``audioml serve key``."""

from __future__ import annotations

from pathlib import Path

import click

from audioml.core.cli import output
from audioml.core.files import shown, writing

__all__ = ["key"]


@click.command()
@click.argument("name")
@click.option(
    "-k",
    "--keys",
    type=click.Path(path_type=Path),
    help="The file that lets it in, to which its hash is added.",
)
def key(name: str, *, keys: Path | None) -> None:
    """Make an API key for NAME and print it: it is shown this once, only its hash is kept."""
    from ..keys import new_key

    made, line = new_key(name)
    if keys is None:
        output.say(f"add this line to the file of --keys:\n{line}")
    else:
        with writing(shown(keys)):
            new = not keys.exists()
            with keys.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
            if new:
                keys.chmod(0o600)
        output.say(f"its hash was added to {shown(keys)}")
    click.echo(made)
