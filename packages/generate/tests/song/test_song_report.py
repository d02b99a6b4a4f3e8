import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audioml.generate.song.report import html
from audioml.generate.song.report.picture import looks, outline, png

RATE = 16000


@pytest.fixture
def tone(tmp_path):
    """Half a second of silence, half a second of 1 kHz."""
    time = np.arange(RATE) / RATE
    path = tmp_path / "tone <1>.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 1000 * time) * (time >= 0.5), RATE)
    return path


def test_a_picture_shows_when_and_at_which_frequency_there_is_sound(tone):
    picture = looks(tone)
    assert (picture.seconds, picture.rate, len(picture.highs)) == (1.0, RATE, 1200)
    assert np.abs(picture.highs[:590]).max() == 0
    assert picture.highs[610:].max() == pytest.approx(0.5, abs=1e-3)
    assert picture.lows[610:].min() == pytest.approx(-0.5, abs=1e-3)
    assert picture.loudness.shape == (1200, 128)
    assert picture.loudness[:500].max() <= -79
    loudest = picture.loudness[700].argmax()
    edges = np.linspace(0, 15 + 27 * np.log(8) / np.log(6.4), 130)  # mel, of 0 Hz and 8 kHz
    assert edges[loudest] <= 15 <= edges[loudest + 2]  # 1 kHz is 15 mel
    assert outline(picture).count("L") == 2399


def test_the_spectrogram_is_a_png_of_its_columns_and_bands(tone):
    data = png(looks(tone))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(data[16:20]) == 1200
    assert int.from_bytes(data[20:24]) == 128
    assert data.endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("count", [1, 7, 900])
def test_very_short_songs_have_a_picture(tmp_path, count):
    path = tmp_path / "short.wav"
    soundfile.write(path, np.full(count, 0.25), RATE)
    picture = looks(path)
    assert len(picture.highs) == count
    assert png(picture)


def test_the_report_fetches_nothing_and_escapes_what_it_is_told(tone):
    page = html([(tone, {"model": "a<b", "version": "1", "seed": 3})]).decode()
    assert "tone &lt;1&gt;.wav" in page
    assert "Songs of a&lt;b 1" in page
    assert "<1>" not in page
    assert 'src="data:audio/wav;base64,' in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "default-src 'none'" in page


def test_the_command_writes_a_report_of_each_song(sing):
    done = sing("--seconds", 0.5, "-n", 2, "-o", "a.flac", "--report", "r.html")
    assert done.code == 0, done.err
    assert "r.html: the report" in done.err
    page = Path("r.html").read_text(encoding="utf-8")
    assert page.count("<section>") == page.count("data:audio/flac;base64,") == 2
    assert "<td>1</td>" in page  # the second song's seed
