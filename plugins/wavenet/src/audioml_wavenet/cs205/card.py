"""The model card of a network of CS205-Waveforms."""

from __future__ import annotations

from ..architecture import Architecture
from ..folder import About

__all__ = ["card"]


def card(about: About, architecture: Architecture) -> str:
    """Return the card, in Markdown."""
    return _CARD.format(
        name=about.name,
        version=about.version,
        source=about.source,
        rate=about.rate,
        layers=architecture.layers,
        field=architecture.receptive_field,
        license=about.license,
    )


_CARD = """\
# {name} {version}

A network of CS205-Waveforms (<{source}>): {layers} dilated layers, each
prediction from {field} samples, sound at {rate} Hz in 256 steps. The numbers are unchanged.

## Intended use

To compare with, and to repeat what its authors' loop makes. Not to make music: see below.

## Limits

- It was trained to name the sample that it hears, not the next one: there was no shift between
  input and target. What it makes is close to noise.
- Each song had steps of amplitude of its own in training; here they are those of mu-law.
- It was trained on classes from 1 to 256 and draws classes from 0 to 255. Here the classes that
  it hears count from 1; with `compat` set to `cs205` they count from 0, as in its authors' loop,
  and the same uniform numbers make the very samples of that loop.

## Data

Songs of the Free Music Archive, which the authors chose by genre; the licences of the songs are
not told.

## Licence

`{license}`, as whoever imported it said; NOASSERTION means that nobody did.
"""
