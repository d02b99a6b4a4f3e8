from __future__ import annotations

from audioml.core.features import PCM, LogMel
from audioml.core.testing import parametrize_with_checks


@parametrize_with_checks(
    [
        PCM(rate=16000, window=1.0, hop=0.25),
        PCM(rate=16000),
        LogMel(rate=16000, window=1.0, hop=0.1, n_fft=512, hop_length=160, n_mels=64),
        LogMel(rate=16000, n_fft=512, hop_length=160, n_mels=64, top_db=80.0),
    ]
)
def test_our_extractors_keep_the_contract(check) -> None:
    check()
