import numpy as np
import pytest

from audioml.core.errors import ValidationError
from audioml.core.features import amplitude_to_db, power_to_db

librosa = pytest.importorskip("librosa")
POWER = np.random.default_rng(0).random((20, 30), np.float32) ** 8


@pytest.mark.parametrize("convert", ["power_to_db", "amplitude_to_db"])
@pytest.mark.parametrize("ref", [1.0, 0.3, np.max])
@pytest.mark.parametrize("top_db", [None, 0.0, 30.0, 80.0])
def test_decibels_are_librosas(convert, ref, top_db):
    ours = {"power_to_db": power_to_db, "amplitude_to_db": amplitude_to_db}[convert]
    options = {"ref": ref, "top_db": top_db, "amin": 1e-7}
    expected = getattr(librosa, convert)(POWER.copy(), **options)
    np.testing.assert_allclose(ours(POWER, **options), expected, rtol=1e-6)
    assert ours(POWER, **options).dtype == np.float32


def test_the_caller_keeps_the_amplitudes():
    amplitude = POWER.copy()
    amplitude_to_db(amplitude)
    np.testing.assert_array_equal(amplitude, POWER)


@pytest.mark.parametrize("bad", [{"amin": 0.0}, {"top_db": -1.0}])
def test_a_floor_that_makes_no_sense_is_refused(bad):
    for convert in (power_to_db, amplitude_to_db):
        with pytest.raises(ValidationError):
            convert(POWER, **bad)
