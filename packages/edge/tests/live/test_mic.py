from __future__ import annotations

import sys
import threading
import time
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from live_fakes import Kept

from audioml.core.errors import AudioError, MissingDependencyError
from audioml.edge.live.backlog import Backlog
from audioml.edge.live.base import Source
from audioml.edge.live.mic import Microphone


class PortAudioError(Exception):
    pass


class FakeSounddevice(ModuleType):
    """Calls back with the blocks of a script: (overflow, seconds of the device's clock)."""

    def __init__(self, script=(), *, close=True, wait=0.0):
        super().__init__("sounddevice")
        self.PortAudioError = PortAudioError
        self.script, self.close, self.wait = script, close, wait
        self.asked = {}

    def query_devices(self, device, kind):
        if device == "nope":
            raise ValueError("No input device matching 'nope'")
        return {"default_samplerate": 44100.0}

    def InputStream(self, **options):
        self.asked = options
        if options["channels"] > 2:
            raise PortAudioError("Invalid number of channels [PaErrorCode -9998]")
        return _Device(self, options)


class _Device:
    def __init__(self, module, options):
        self.module, self.options = module, options

    def __enter__(self):
        self.thread = threading.Thread(target=self._play)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()

    def _play(self):
        size = self.options["blocksize"]
        for number, (overflow, clock) in enumerate(self.module.script):
            data = np.full((size, self.options["channels"]), number, np.float32)
            times = SimpleNamespace(inputBufferAdcTime=clock)
            self.options["callback"](data, size, times, SimpleNamespace(input_overflow=overflow))
            data[:] = -1  # PortAudio uses its memory again
            time.sleep(self.module.wait)
        if self.module.close:
            self.options["finished_callback"]()


@pytest.fixture
def device(monkeypatch):
    def put(*args, **kwargs):
        fake = FakeSounddevice(*args, **kwargs)
        monkeypatch.setitem(sys.modules, "sounddevice", fake)
        return fake

    return put


def heard(microphone):
    kept = Kept()
    with pytest.raises(AudioError, match="the microphone is gone: it was closed; is it plugged"):
        microphone.run(kept, threading.Event())
    ((name, found),) = kept.streams
    assert name == "mic"
    return [(int(b.audio.samples[0, 0]), round(b.lost, 6), round(b.audio.start, 6)) for b in found]


def test_blocks_come_in_order(device) -> None:
    fake = device([(False, 1.0), (False, 1.1), (False, 1.2)])
    assert heard(Microphone()) == [(0, 0, 0), (1, 0, 0.1), (2, 0, 0.2)]
    assert fake.asked["device"] is None
    assert (fake.asked["samplerate"], fake.asked["blocksize"]) == (44100, 4410)
    assert isinstance(Microphone(), Source)


@pytest.mark.parametrize(("text", "device_asked"), [("", None), ("3", 3), ("USB", "USB"), (2, 2)])
def test_a_device_is_a_number_or_a_name(device, text, device_asked) -> None:
    fake = device()
    with pytest.raises(AudioError, match="gone"):
        Microphone(text, rate=8000, channels=2, block=0.02).run(Kept(), threading.Event())
    assert (fake.asked["device"], fake.asked["channels"]) == (device_asked, 2)
    assert (fake.asked["samplerate"], fake.asked["blocksize"]) == (8000, 160)


def test_an_overflow_is_a_gap_as_long_as_the_clock_says(device) -> None:
    device([(False, 1.0), (True, 1.35), (False, 1.45)])
    assert heard(Microphone(rate=1000)) == [(0, 0, 0), (1, 0.25, 0.35), (2, 0, 0.45)]


def test_an_overflow_without_a_clock_is_a_gap_of_a_block(device) -> None:
    device([(False, 0.0), (True, 0.0)])
    assert heard(Microphone(rate=1000)) == [(0, 0, 0), (1, 0.1, 0.2)]


def test_a_slow_model_loses_the_oldest_and_it_is_counted(device) -> None:
    device([(False, 1 + i / 10) for i in range(10)])

    class Slow(Kept):
        def __call__(self, stream):
            time.sleep(0.1)
            super().__call__(stream)

    slow = Slow()
    with pytest.raises(AudioError, match="gone"):
        Microphone(rate=1000, buffer=0.3).run(slow, threading.Event())
    found = slow.streams[0][1]
    assert [int(b.audio.samples[0, 0]) for b in found] == [7, 8, 9]
    assert [b.lost for b in found] == pytest.approx([0.7, 0, 0])
    assert [b.audio.start for b in found] == pytest.approx([0.7, 0.8, 0.9])


def test_a_stop_ends_it_without_an_error(device) -> None:
    device([(False, 1 + i / 10) for i in range(3)], close=False)
    stop, kept = threading.Event(), Kept()
    thread = threading.Thread(target=Microphone(rate=1000).run, args=(kept, stop))
    thread.start()
    assert kept.came.wait(5)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_device_that_falls_silent_is_gone(device, monkeypatch) -> None:
    monkeypatch.setattr("audioml.edge.live.mic._SILENCE", 0.1)
    device([(False, 1.0)], close=False)
    with pytest.raises(AudioError, match=r"gone: nothing came for 0\.1 s"):
        Microphone(rate=1000).run(Kept(), threading.Event())


def test_a_device_that_cannot_be_opened_is_said(device) -> None:
    device()
    with pytest.raises(AudioError, match="cannot record from 'nope': No input device matching"):
        Microphone("nope").run(Kept(), threading.Event())
    with pytest.raises(AudioError, match="from the default microphone: Invalid number of channels"):
        Microphone(channels=9).run(Kept(), threading.Event())


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ImportError("no"), r"run: pip install 'audioml-edge\[mic\]'"),
        (OSError("PortAudio library not found"), "apt install libportaudio2"),
    ],
)
def test_what_is_missing_is_said(monkeypatch, error, text) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr("importlib.import_module", lambda name: (_ for _ in ()).throw(error))
    with pytest.raises(MissingDependencyError, match=text):
        Microphone().run(Kept(), threading.Event())


def test_a_backlog_keeps_one_block_however_long() -> None:
    backlog = Backlog(0.5, rate=1)
    backlog.put(np.zeros((1, 2)))
    backlog.put(np.ones((1, 2)), lost=0.5)
    samples, lost = backlog.get(0)
    assert (samples[0, 0], lost) == (1, 2.5)
    assert backlog.get(0) is None
