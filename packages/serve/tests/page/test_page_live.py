"""The page before the real server: what each says is what the other understands."""

from __future__ import annotations

import pytest
from page_visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def guest(chrome, live, sounds, tmp_path):
    person = Visitor(chrome, live().url, sounds, tmp_path).arrive()
    yield person
    assert person.complaints() == []
    assert person.strangers() == []


def test_a_model_is_asked_with_its_options(guest):
    guest.open("tiny-level").choose()
    assert guest.all("#options label") == ["pool", "scale"]
    field = guest['#options [name="scale"]']
    field.clear()
    field.send_keys("0.5")
    guest["#go"].click()
    guest.done()
    told = guest[guest.lane("level")].get_attribute("aria-label")
    assert told.startswith("level: 8 frames of one number, one every 0.5 s, between 0.05")
    assert told.endswith(" and 0.4")
    guest.click('[data-format="npz"]')
    assert guest.saved("tone.tiny-level.npz").startswith(b"PK")


def test_tags_that_are_not_sure_of_anything_are_names(guest):
    guest.open("tiny-whole").choose()
    guest["#go"].click()
    guest.done()
    assert guest.all(".bars li") == ["4.00 s"]


def test_what_the_server_refuses_is_told(guest):
    guest.open("tiny-level").choose("text.wav")
    guest["#go"].click()
    assert guest.alert().startswith("The recording cannot be read: it is not audio")


def test_a_generator_makes_a_sound(guest):
    guest.open("tiny-noise")
    field = guest['[name="seconds"]']
    field.clear()
    field.send_keys("2")
    guest["#go"].click()
    guest.done()
    assert guest.text("#clock") == "0:00.0 / 0:02.0"
    guest.click("#play")
    guest.until("+document.querySelector('[role=slider]').getAttribute('aria-valuenow') > 0.1")
