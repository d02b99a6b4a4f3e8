"""The model card that goes into a model folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audioml.core.models.manifest import Manifest

__all__ = ["CARD", "Card"]

CARD = "MODEL_CARD.md"
_UNSAID = "Not said by whoever trained it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a reader must know that ``model.json`` does not say; each is text in Markdown.

    Parameters
    ----------
    use
        What it is for, and what it is not for.
    data
        What it was trained and measured on.
    training
        How: the command, the seed, the time.
    limits
        What it does not do, and what was not tried.
    measured
        On what the metrics of the manifest were measured.
    more
        Further sections, title to text.
    """

    use: str = ""
    data: str = ""
    training: str = ""
    limits: Sequence[str] = ()
    measured: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    def text(self, manifest: Manifest) -> str:
        """Return the card of a model."""
        limits = "\n".join(f"- {limit}" for limit in self.limits)
        sections = {
            "Intended use": self.use,
            "Input and output": _form(manifest),
            "Data": self.data,
            "Training": self.training,
            "Figures": _figures(manifest, self.measured),
            "Runtimes": _runtimes(manifest),
            "Limits": limits,
            **self.more,
            "Licence": f"`{manifest.license}`",
        }
        head = f"# {manifest.name} {manifest.version}\n\n{manifest.description or manifest.task}\n"
        body = (f"\n## {title}\n\n{text.strip() or _UNSAID}\n" for title, text in sections.items())
        return head + "".join(body)


def _form(manifest: Manifest) -> str:
    rate = f"{manifest.rate} Hz" if manifest.rate else "any rate"
    channels = {None: "any number of channels", 1: "mono"}.get(
        manifest.channels, f"{manifest.channels} channels"
    )
    answers = ", ".join(f"`{name}`" for name in manifest.answers) or "see `model.json`"
    options = "".join(
        f"\n- option `{name}`: {option.description or 'see `model.json`'}"
        for name, option in manifest.options.items()
    )
    return (
        f"Takes {channels} at {rate}; other sound is brought to that. Answers: {answers}.{options}"
    )


def _figures(manifest: Manifest, measured: str) -> str:
    if not manifest.metrics:
        return "None were measured."
    rows = "\n".join(f"| {name} | {value:.4g} |" for name, value in manifest.metrics.items())
    return f"{measured}\n\n| figure | value |\n|---|---|\n{rows}"


def _runtimes(manifest: Manifest) -> str:
    rows = "\n".join(
        f"| `{r.backend}` | `{r.file}` | {r.precision} | {_parity(r.parity)} |"
        for r in manifest.runtimes
    )
    return (
        "The parity is the largest difference of any number from the network that was trained.\n\n"
        f"| backend | file | precision | parity |\n|---|---|---|---|\n{rows}"
    )


def _parity(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2g}"
