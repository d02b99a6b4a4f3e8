"""The features of SONYC's nodes as their script has them, with librosa: an independent reference.

After the description of ``sonyc_ml/features.py`` (github.com/sonyc-project/pi_ml_container).
"""

SOURCE = """
import librosa
import numpy as np

def get_features(
    y, sr, hop_size=0.1, duration=1, target_sr=8000, n_fft=1024, n_mels=64, mel_hop_len=160,
    fmax=None,
):
    if sr != target_sr:
        y = librosa.resample(y, orig_sr=sr, target_sr=target_sr)
    length, hop = int(duration * target_sr), int(hop_size * target_sr)
    padded = int(np.ceil((len(y) - length) / hop) * hop + length)
    y = librosa.util.pad_center(y, size=padded)
    frames = librosa.util.frame(y, frame_length=length, hop_length=hop).T
    return np.array([one(x, target_sr, n_fft, n_mels, mel_hop_len, fmax) for x in frames])

def one(x, sr, n_fft, n_mels, hop, fmax):
    spectrum = np.abs(librosa.stft(x, n_fft=n_fft, hop_length=hop, window="hann"))
    mels = librosa.feature.melspectrogram(
        sr=sr, S=POWER(spectrum), n_fft=n_fft, n_mels=n_mels, fmax=fmax, htk=True
    )
    return librosa.power_to_db(mels, amin=1e-10, top_db=80)
"""
KEYWORDS = {
    "duration": 1,
    "hop_size": 0.1,
    "target_sr": 8000,
    "n_fft": 1024,
    "n_mels": 64,
    "mel_hop_len": 160,
    "fmax": None,
}


def source(*, power: str = "") -> str:
    """Return the script; ``power`` is put in the place of SONYC's magnitudes."""
    return SOURCE.replace("POWER", power or "")
