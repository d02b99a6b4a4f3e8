import os
import threading

import pytest
import tflite_models as models

from audioml_tflite.quiet import quiet

LINE = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"


def test_one_line_is_held_back_and_the_rest_is_said(capfd):
    with quiet():
        os.write(2, b"before\n" + LINE + b"after, without an end")
    os.write(2, b"\n" + LINE)
    assert capfd.readouterr().err.encode() == b"before\nafter, without an end\n" + LINE


def test_what_is_said_before_an_error_is_said(capfd):
    with pytest.raises(ValueError, match="no"), quiet():
        os.write(2, b"a reason\n" + LINE)
        raise ValueError("no")
    assert capfd.readouterr().err == "a reason\n"


def test_what_is_said_before_a_system_error_is_dropped(capfd):
    with pytest.raises(SystemError), quiet():
        os.write(2, b"Traceback\n")
        raise SystemError
    assert capfd.readouterr().err == ""


def test_threads_take_turns_and_stderr_is_back(capfd):
    def speak():
        for _ in range(20):
            with quiet():
                os.write(2, LINE + b"x\n")

    threads = [threading.Thread(target=speak) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"end\n")
    assert capfd.readouterr().err == "x\n" * 80 + "end\n"


def test_without_room_for_a_file_everything_is_said(capfd, monkeypatch):
    def full(*_, **__):
        raise OSError("no space")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with quiet():
        os.write(2, LINE)
    assert capfd.readouterr().err.encode() == LINE


def test_loading_and_running_a_model_says_nothing(tmp_path, load, capfd):
    session = load(models.small_conv(tmp_path / "m.tflite"))
    session.run({"x": [[[0.0] * 51] * 64]})
    assert capfd.readouterr().err == ""
