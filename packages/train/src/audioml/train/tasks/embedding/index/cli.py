"""``audioml train index`` and ``audioml train similar``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from audioml.core.cli import output
from audioml.core.files import shown

__all__ = ["index", "similar"]


@click.command()
@click.argument("model")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--output", "target", required=True, type=click.Path(path_type=Path),
              help="The index to be: a folder.")  # fmt: skip
@click.option("-j", "--workers", type=click.IntRange(min=1), help="Processes.")
@click.option("--again", is_flag=True, help="Make an index anew that is there already.")
def index(*, model: str, folder: Path, target: Path, workers: int | None, again: bool) -> int:
    """Embed every recording below FOLDER by MODEL.

    MODEL is a model folder or a name of the store that answers with vectors, such as one of
    task=embedding, or vggish. What is indexed already and has not changed is not embedded again,
    and what cannot be read is left out with a warning.
    """
    from .making import make_index

    made = make_index(model, folder, target, workers=workers, again=again)
    if not output.is_quiet():
        left_out = f", {made.left_out} left out" if made.left_out else ""
        output.say(
            f"{made.items} recordings in {shown(target)}: {made.new} new{left_out}; "
            f"find like ones with: audioml train similar {shown(target)} RECORDING"
        )
    return 0


@click.command()
@click.argument("index_folder", metavar="INDEX", type=click.Path(path_type=Path))
@click.argument("recordings", metavar="RECORDING...", nargs=-1, required=True)
@click.option("-k", "--count", default=10, show_default=True, type=click.IntRange(min=1),
              help="How many.")  # fmt: skip
@click.option("--model", help="The model of the index, where it is not found any more.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def similar(
    *, index_folder: Path, recordings: tuple[str, ...], count: int, model: str | None, as_json: bool
) -> int:
    """List what is most like each RECORDING taken together.

    A RECORDING is an item of the INDEX, as it is named there or by the end of its path, or an
    audio file. Several of them, such as what someone likes, are asked for by their mean.
    """
    from .asking import neighbours
    from .store import Index

    found = neighbours(Index.read(index_folder), recordings, count=count, model=model)
    if as_json:
        rows = [{"item": each.item, "similarity": each.similarity} for each in found]
        click.echo(json.dumps({"recordings": list(recordings), "similar": rows}, indent=1))
    else:
        lines = [[f"{each.similarity:.3f}", shown(each.item)] for each in found]
        click.echo(output.table(["similarity", "recording"], lines))
    return 0
