"""``audioml train task=NAME``."""

from __future__ import annotations

from typing import Any

import click

from audioml.core.cli.output import table
from audioml.core.files import shown

__all__ = ["run"]


@click.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(*, arguments: tuple[str, ...]) -> int:
    """Train a task: ARGUMENTS are settings and options of Hydra."""
    from ..launch.main import launch

    done = launch(arguments)
    if len(done.states) == 1:
        click.echo(_one(done))
    elif done.states:
        click.echo(_many(done))
    return done.exit_code


def _one(done: Any) -> str:
    folder, state = done.folders[0], done.states[0]
    figures = [(k, v) for k, v in state.metrics.items() if k.startswith(("val/", "test/"))]
    width = max([len(name) for name, _ in figures] + [len("model")])
    lines = [f"{name.ljust(width)}  {value:.6g}" for name, value in figures]
    lines.append(f"{'run'.ljust(width)}  {shown(folder)}")
    if state.model:
        lines.append(f"{'model'.ljust(width)}  {shown(folder / state.model)}")
    return "\n".join(lines)


def _many(done: Any) -> str:
    rows = [
        [shown(folder), "" if state.metric is None else f"{state.metric:.6g}", state.status]
        for folder, state in zip(done.folders, done.states, strict=True)
    ]
    return table(["run", "optimised", "status"], rows)
