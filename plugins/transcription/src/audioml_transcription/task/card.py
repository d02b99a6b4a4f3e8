"""The model card of what a run has trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audioml.train.export import Card

from .sets import is_synth

__all__ = ["card"]

_USE = """\
Solo piano, for practice, search, analysis and editing. The answer is a machine's estimate: listen
to it before you print or judge anything by it.

`notes` are intervals in seconds with a MIDI pitch from 21 to 108, a velocity from 1 to 127 and the
probability of the onset. An offset is where the note is no longer heard: while the pedal is down it
is the pedal's release, or the next onset of the key. `pedal` are the intervals in which the sustain
pedal is down."""
_LIMITS = (
    "One piano, alone. Other instruments and voices are written down as notes or left out.",
    "Tuning is expected within a third of a semitone of A = 440 Hz.",
    "Loudness is relative to the recording's own, so velocities of two recordings do not compare.",
    "The pedal is heard only by what it does: a press that holds nothing is not found.",
    "Half-pedalling, and the soft and the middle pedal are not written down.",
)
_PROGRAM = """\
What a program made is no recording of a real piano. Scores were made up, or taken out of music21's
corpus where `scores` are named; they were performed with uneven timing, dynamics, articulation and
pedal; a piano made of decaying partials with a new timbre for each piece (`numpy`), and soundfonts
by their names, sounded them; rooms, equalisers, noise and tape speed were added.

Never trained or tuned on: the soundfonts TimGM6mb and csound's sf_GMbank, whose piano is the same,
and of music21's corpus Beethoven, Mozart, Haydn, Chopin, Joplin, both Schumanns and Bach's BWV 80
to 99."""
_MADE = "**Not measured on real recordings**, only on ones that a program made: expect it to do \
worse there."


def card(config: Mapping[str, Any], *, parameters: int, steps: int) -> Card:
    """Return the card of a network.

    Parameters
    ----------
    config
        Of its run.
    parameters
        How many it has.
    steps
        How many it was trained for.
    """
    data, model = config["data"], config["model"]
    tested = [given for given in (data["test"] or data["valid"]).values() if given is not None]
    told = "\n".join(_set(stage, data[stage]) for stage in ("train", "valid", "test"))
    trained = [given for given in data["train"].values() if given is not None]
    return Card(
        use=_USE,
        data=f"{told}\n\n{_PROGRAM}" if any(map(_is_made, trained)) else told,
        training=(
            f"{parameters:,} parameters (`model={model['network']['name']}`), trained for {steps} "
            f"steps of {data['batch_size']} segments by `audioml train task=transcription`, seed "
            f"{config['seed']}{_begun(config['task']['weights'])}."
        ),
        limits=[*([_MADE] if all(map(_is_made, tested)) else []), *_LIMITS],
        measured=(
            "Scores of `mir_eval`, means over the recordings: F1 of onsets within 50 ms, with "
            "their precision and recall; of offsets too; of velocities too; of frames; of the "
            "pedal's presses, and of these with releases; where there are several families of "
            "timbres, also of each. `loss` is what was trained for. The thresholds were chosen on "
            "the recordings that were validated on."
        ),
    )


def _begun(weights: str | None) -> str:
    return "" if weights is None else f", beginning with the weights of `{Path(weights).name}`"


def _is_made(given: Mapping[str, Any]) -> bool:
    return set(given) != {"path"} or is_synth(Path(given["path"]))


def _set(stage: str, sets: Mapping[str, Mapping[str, Any] | None]) -> str:
    told = []
    for name, given in sets.items():
        if given is None:
            continue
        recipe = ", ".join(f"{k} {_short(v)}" for k, v in given.items() if k != "path")
        told.append(f"`{name}`" + (f" (made by a program: {recipe})" if recipe else ""))
    return f"- {stage}: {'; '.join(told) or 'nothing'}"


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "/".join(f"{name} {share:g}" for name, share in value.items())
    return Path(value).name if isinstance(value, str) else str(value)
