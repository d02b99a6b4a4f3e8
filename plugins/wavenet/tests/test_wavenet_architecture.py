import pytest

from audioml.core.errors import ManifestError
from audioml_wavenet.architecture import PRESETS, Architecture

SIZES = {"dilations": (1, 2), "residual": 4, "gate": 4, "skip": 4, "head": (8,)}


def test_the_presets_hear_what_they_say():
    assert {name: preset.receptive_field for name, preset in PRESETS.items()} == {
        "small10": 1024,
        "seed": 1024,
        "std30": 3070,
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dilations": ()}, "'dilations' must name those of one layer at least"),
        ({"dilations": (1, 0)}, "'dilations' must be whole numbers from 1 to 65536, got 0"),
        ({"gate": 2.5}, "'gate' must be whole numbers from 1 to 65536, got 2.5"),
        ({"skip": True}, "'skip' must be whole numbers"),
        ({"conditions": -1}, "'conditions' must be whole numbers from 0"),
        ({"colour": 3}, "architecture has no 'colour'"),
    ],
)
def test_sizes_that_make_no_sense(change, said):
    with pytest.raises(ManifestError, match=said):
        Architecture.from_params({**SIZES, **change})


def test_a_size_that_is_missing():
    with pytest.raises(ManifestError, match="incomplete.*'head'"):
        Architecture.from_params({k: v for k, v in SIZES.items() if k != "head"})
