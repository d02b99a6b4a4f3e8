"""The model card of what a run has trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..architecture import Architecture
from ..folder import About
from .songs import Facts

__all__ = ["card"]

_NAMED = 40
"""Artists that are named in a row of the table; the corpus names all."""


def card(
    about: About,
    architecture: Architecture,
    config: Mapping[str, Any],
    *,
    facts: Facts,
    steps: int,
) -> str:
    """Return the card, in Markdown.

    Parameters
    ----------
    about, architecture
        What the folder says of the model, and of the network.
    config
        Of the run.
    facts
        What was trained and measured on.
    steps
        How many it was trained for.
    """
    sections = {
        "Intended use": _use(about),
        "Network": _network(architecture, about.rate),
        "Data": _data(config, facts),
        "Training": _training(config, steps),
        "Figures": _figures(about.metrics),
        "Limits": _limits(architecture, about.rate),
        "Licence": f"`{about.license}`",
    }
    head = f"# {about.name} {about.version}\n\n{_sentence(about.description)}\n"
    return head + "".join(f"\n## {title}\n\n{text}\n" for title, text in sections.items())


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _use(about: About) -> str:
    genres = ""
    if about.genres:
        genres = (
            f" It may be told a genre: {', '.join(f'`{name}`' for name in about.genres)}; or none."
        )
    return (
        "Makes sound sample by sample, or goes on with a recording, in the manner of what it was "
        f"trained on; of anything else it knows nothing.{genres}"
    )


def _network(a: Architecture, rate: int) -> str:
    return (
        f"A WaveNet (van den Oord et al. 2016): {a.layers} dilated layers of {a.residual} residual "
        f"channels, {a.gate} gated units and {a.skip} skip channels, and a head of "
        f"{', '.join(map(str, a.head))}. Each sample is foretold from {a.receptive_field} before "
        f"it, {1000 * a.receptive_field / rate:.0f} ms. Mono at {rate} Hz in 256 steps of mu-law."
    )


def _data(config: Mapping[str, Any], facts: Facts) -> str:
    given = config["data"]
    if given["path"]:
        source = (
            "Recordings with these licences, which bind whoever uses what is made of them; where "
            "they ask for it, `ATTRIBUTION.md` names each:"
        )
    else:
        recipe = ", ".join(f"{name} {value}" for name, value in given["made"].items())
        source = (
            f"No recordings: songs that a program made up and played ({recipe}). Nothing is known "
            "of how the model does on recordings."
        )
    rows = "\n".join(_row(fact) for fact in facts)
    head = "| split | licence | songs | minutes | artists |\n|---|---|---|---|---|\n"
    return f"{source}\n\n{head}{rows}"


def _row(fact: Mapping[str, Any]) -> str:
    artists = fact["artists"]
    named = ", ".join(artists[:_NAMED]).replace("|", "\\|") or "not told"
    more = f" and {len(artists) - _NAMED} more" if len(artists) > _NAMED else ""
    minutes = fact["seconds"] / 60
    return (
        f"| {fact['split']} | {fact['licence']} | {fact['songs']} | {minutes:.1f} | {named}{more} |"
    )


def _training(config: Mapping[str, Any], steps: int) -> str:
    task, data = config["task"], config["data"]
    seconds = steps * data["batch_size"] * task["span"] / task["rate"]
    blurred = f"What it heard was blurred by up to {task['jitter']:g} levels. "
    return (
        f"`audioml train task=wavenet`, seed {config['seed']}: {steps} steps of "
        f"{data['batch_size']} windows in which {task['span']} samples are foretold, "
        f"{seconds / 60:.0f} minutes of sound in all. {blurred if task['jitter'] else ''}"
        f"The checkpoint with the best `{config['optimized_metric']}` was taken."
    )


def _figures(metrics: Mapping[str, float]) -> str:
    if not metrics:
        return "None were measured."
    names = {
        "test/bits": "this network",
        "test/lpc": "linear prediction that follows the sound (24 weights)",
        "test/markov": "the sample before",
        "test/unigram": "how often there is each level",
        "test/uniform": "nothing at all",
    }
    rows = "\n".join(
        f"| {name} | {metrics[key]:.3f} |" for key, name in names.items() if key in metrics
    )
    return (
        "Bits that a sample of the test split costs, which was not trained on, foretold from:"
        f"\n\n| | bits |\n|---|---|\n{rows}"
    )


def _limits(a: Architecture, rate: int) -> str:
    return (
        f"- It remembers {1000 * a.receptive_field / rate:.0f} ms: what it makes has no form "
        "beyond that, and no metre.\n"
        "- At a temperature well below 1, or with a small `top_p`, silence tends to stay silence, "
        "and a tone that is held to be held."
    )
