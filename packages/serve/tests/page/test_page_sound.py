"""Sound: played in step with the drawing, recorded, and made by a generator."""

from __future__ import annotations

import io

import pytest
import soundfile

pytestmark = pytest.mark.browser


def key(name):
    from selenium.webdriver.common.keys import Keys

    return getattr(Keys, name)


def test_the_outline_is_that_of_the_sound(visitor):
    visitor.open().choose()
    ink = visitor.pixel("Sound", 0.75, 0.2)
    assert ink[3] == 255  # loud
    assert visitor.pixel("Sound", 0.25, 0.2)[3] == 0  # quiet
    assert visitor.pixel("Sound", 0.25, 0.5) == ink


def test_playing_moves_the_play_head(visitor):
    visitor.analyse("chords").click("#play")
    visitor.until(
        "parseFloat(document.querySelector('.playhead').style.getPropertyValue('--share')) > 0.05"
    )
    visitor.click("#play")
    assert visitor.head() == pytest.approx(visitor.position() / 4, abs=0.02)
    assert visitor["#play"].get_attribute("aria-label") == "Play"


def test_with_less_motion_it_moves_too(visitor):
    media = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    visitor.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    visitor.analyse("chords").click("#play")
    visitor.until(
        "parseFloat(document.querySelector('.playhead').style.getPropertyValue('--share')) > 0.05"
    )


def test_a_click_in_any_drawing_seeks(visitor):
    visitor.analyse("chords").click(visitor.lane("chord"), share=0.75)
    assert visitor.position() == pytest.approx(3, abs=0.02)
    assert visitor.text("#clock") == "0:03.0 / 0:04.0"
    assert visitor.head() == pytest.approx(0.75, abs=0.01)
    visitor.click("#play").until(f"{POSITION} > 3.05")


POSITION = "+document.querySelector('[role=slider]').getAttribute('aria-valuenow')"


def test_the_position_is_a_slider(visitor):
    visitor.open().choose()
    slider = visitor['[role="slider"]']
    visitor.run("arguments[0].focus()", slider)
    visitor.press(key("ARROW_RIGHT"), key("ARROW_RIGHT"))
    assert visitor.position() == 2
    assert slider.get_attribute("aria-valuetext") == "2 seconds of 4 seconds"
    visitor.press(key("ARROW_LEFT"), held=key("SHIFT"))
    assert visitor.position() == 1.9
    visitor.press(key("END"))
    assert visitor.position() == 4
    visitor.press(key("HOME"))
    assert visitor.position() == 0


def test_keys_of_the_page_play_and_seek(visitor):
    visitor.open().choose()
    visitor.run("document.activeElement.blur()")
    visitor.press(key("ARROW_RIGHT"))
    assert visitor.position() == 1
    visitor.press(" ").until("document.querySelector('#play').ariaLabel == 'Pause'")
    visitor.press(" ").until("document.querySelector('#play').ariaLabel == 'Play'")


def test_zoom_shows_a_part_and_follows_the_play_head(visitor):
    visitor.analyse("chords").click(visitor.lane("chord"), share=0.5)
    visitor.click('[aria-label="Zoom in"]').click('[aria-label="Zoom in"]')
    assert visitor.head() == pytest.approx(0.5, abs=0.01)
    visitor.run("document.querySelector('[role=slider]').focus()")
    visitor.press(key("HOME"))
    assert visitor.head() == 0
    visitor.click(visitor.lane("chord"), share=0.5)
    assert visitor.position() == pytest.approx(0.5, abs=0.01)
    visitor.click(".zoom :nth-child(2)")
    assert visitor.head() == pytest.approx(0.125, abs=0.01)


def test_a_recording_is_a_wav_that_the_server_reads(visitor, server):
    visitor.open("tags").click("#record")
    visitor.until("!document.getElementById('recording').hidden")
    visitor.until("parseFloat(document.getElementById('recorded').value.split(':')[1]) >= 0.6")
    visitor.click("#record").until("document.querySelector('.stage')")
    visitor["#go"].click()
    visitor.done()
    [(_, _, name, data)] = server.asked
    assert name.startswith("recording-")
    assert name.endswith(".wav")
    samples, rate = soundfile.read(io.BytesIO(data))
    assert soundfile.info(io.BytesIO(data)).subtype == "PCM_16"
    assert len(samples) / rate >= 0.6
    assert abs(samples).max() > 0.01  # Chromium's microphone beeps
    assert not visitor["#recording"].is_displayed()


def test_a_generator_makes_a_sound_that_plays(visitor, server):
    visitor.open("hum")
    assert not visitor["#sound"].is_displayed()
    for name, value in {"seconds": "1.5", "seed": "7", "temperature": "0.8"}.items():
        visitor[f'[name="{name}"]'].clear()
        visitor[f'[name="{name}"]'].send_keys(value)
    visitor["#go"].click()
    visitor.done()
    assert server.bodies == [{"seconds": 1.5, "seed": 7, "temperature": 0.8}]
    assert visitor.text("#clock") == "0:00.0 / 0:01.5"
    visitor.click("#play").until(f"{POSITION} > 0.1")
    visitor.click("#downloads button")
    info = soundfile.info(io.BytesIO(visitor.saved("hum.wav")))
    assert info.duration == 1.5  # the header of a stream does not know; the saved one does
