from __future__ import annotations

import subprocess
import sys

import pytest
from stand_in import PREDICTION, Reply, document, js, problem

from audioml.serve.client.ping import ping

LIVE = js({"status": "ok", "version": "0.1.0"})
READY = js({"status": "ready"})
MODELS = js({"models": [{"name": "vggish", "version": "1.0.0"}, {"name": "wavenet"}]})
STARTING = problem(503, "vggish is being loaded", **{"Retry-After": "1"})


@pytest.fixture
def said(stand, capsys):
    def run(*arguments: str) -> tuple[int, str]:
        code = ping.main([*arguments], standalone_mode=False)
        return code, capsys.readouterr().out

    return run


def test_a_server_that_is_well(stand, client, said):
    stand.will(LIVE, READY)
    told = client.ping()
    assert (told.live, told.ready, told.version, told.reason) == (True, True, "0.1.0", "")
    assert 0 < told.latency < 5
    stand.will(LIVE, READY, MODELS)
    code, out = said(stand.url)
    assert code == 0
    assert "ok live    http://127" in out
    assert "audioml 0.1.0" in out
    assert "ok ready   yes" in out
    assert "ok models  vggish 1.0.0, wavenet" in out


def test_a_server_that_starts_is_live_but_not_ready(stand, client, said):
    stand.will(LIVE, STARTING)
    told = client.ping()
    assert (told.live, told.ready, told.reason) == (True, False, "vggish is being loaded")
    stand.will(LIVE, STARTING, MODELS)
    code, out = said(stand.url)
    assert code == 1
    assert "!! ready   vggish is being loaded" in out


def test_it_waits_until_it_is_ready(stand, said):
    stand.will(LIVE, STARTING, LIVE, READY, MODELS)
    assert said(stand.url, "--wait", "30")[0] == 0


def test_nobody_there(said):
    code, out = said("http://127.0.0.1:1")
    assert code == 1
    assert out.startswith("!! live    nobody answers at http://127.0.0.1:1; start it with")


def test_a_model_is_tried_on_a_recording(stand, said, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    stand.will(LIVE, READY, MODELS, Reply(body=document(PREDICTION)))
    code, out = said(stand.url, "--predict", "tiny", str(path))
    assert code == 0
    assert "ok predict tiny: embedding 2x2, likelihood 2x1, beats 2 events" in out
    stand.will(LIVE, READY, MODELS, problem(422, "no audio"))
    code, out = said(stand.url, "--predict", "tiny", str(path))
    assert (code, "!! predict no audio" in out) == (1, True)


def test_the_client_needs_neither_flask_nor_a_model_library():
    code = (
        "import sys, audioml.serve.client\n"
        "names = 'flask werkzeug gunicorn onnxruntime soundfile soxr scipy librosa click rich'\n"
        "print(*(name for name in names.split() if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
