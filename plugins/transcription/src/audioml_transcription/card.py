"""The model card that goes into the model folder."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["card"]

_NAMES = ("onset", "offset", "velocity", "frame", "pedal")

_CARD = """\
# {name} {version}

Writes down what a piano plays: onsets, offsets, pitches and velocities of notes, and the sustain
pedal.

## Intended use

Solo piano, for practice, search, analysis and editing. The answer is a machine's estimate: listen
to it before you print or judge anything by it.

## Input and output

Mono at 16 kHz; what is at another rate is resampled first. `notes` are intervals in seconds with a
MIDI pitch from 21 to 108, a velocity from 1 to 127 and the probability of the onset. An offset is
where the note is no longer heard: while the pedal is down it is the pedal's release, or the next
onset of the key. `pedal` are the intervals in which the sustain pedal is down.

## Network

{parameters} parameters in convolutions that all keys share. Two spectra of three bins a semitone,
each key beside the keys where its partials lie; heads for regressed onsets and offsets (Kong et al.
2021), frames, velocities and the pedal, 50 times a second.

## Data

No recording of a real piano. Scores were made up, or taken out of music21's corpus; a program
performed them with uneven timing, dynamics, articulation and pedal; a piano made of decaying
partials with a new timbre for each piece, and the soundfont FluidR3, sounded them; rooms,
equalisers, noise and tape speed were added. {data}

Never trained or tuned on: the soundfonts TimGM6mb and csound's sf_GMbank, whose piano is the same,
and of music21's corpus Beethoven, Mozart, Haydn, Chopin, Joplin, both Schumanns and Bach's BWV 80
to 99.

## Figures

F1 by mir_eval on rendered pieces that were never seen: onsets within 50 ms; offsets too; velocities
too; frames; presses of the pedal. Thresholds were chosen on validation data.

| timbre | {heads} |
|---|{rule}|
{figures}

## Limits

- **Not measured on real recordings.** Expect it to do worse there than on the pieces above.
- One piano, alone. Other instruments and voices are written down as piano notes or left out.
- Tuning is expected within a third of a semitone of A = 440 Hz.
- Loudness is relative to the recording's own, so velocities of two recordings do not compare.
- The pedal is heard only by what it does: a press that holds nothing is not found.
- Half-pedalling, and the soft and the middle pedal are not written down.

## Licence

Apache-2.0: the weights were trained by the authors of audioml on data that they made.
"""


def card(
    *,
    name: str,
    version: str,
    parameters: int,
    data: str,
    scores: Mapping[str, Mapping[str, float]],
) -> str:
    """Return the card of a model.

    Parameters
    ----------
    name, version
        As in ``model.json``.
    parameters
        How many the network has.
    data
        A sentence on how much it was trained, and on what.
    scores
        Scores by the name of a timbre, see `audioml_transcription.scoring`.
    """
    rows = (
        f"| {timbre} | " + " | ".join(f"{found[score]:.3f}" for score in _NAMES) + " |"
        for timbre, found in scores.items()
    )
    return _CARD.format(
        name=name,
        version=version,
        parameters=f"{parameters:,}",
        data=data,
        heads=" | ".join(_NAMES),
        rule="|".join("---" for _ in _NAMES),
        figures="\n".join(rows),
    )
