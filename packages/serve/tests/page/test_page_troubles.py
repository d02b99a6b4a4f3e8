"""What goes wrong is told in words, with what can be done about it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def attempt(visitor, model, name="tone.wav"):
    visitor.open(model).choose(name)
    visitor["#go"].click()
    return visitor.alert()


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("big", "The file is too big for this server: the body has 12 MB, 10 MB are allowed."),
        ("late", "The model took too long: Gateway Timeout."),
        ("wrong", "The file ends after 3 s, the model needs 10 s."),
    ],
)
def test_a_refusal_is_one_sentence(visitor, model, sentence):
    assert attempt(visitor, model) == sentence
    assert visitor["#alert"].get_attribute("role") == "alert"
    assert visitor["#go"].get_attribute("aria-disabled") == "false"


def test_a_file_that_is_no_sound(visitor):
    assert attempt(visitor, "tags", "text.wav") == "'text.wav' is not an audio file."
    assert visitor["#play"].get_attribute("disabled")
    assert "cannot play" in visitor.text(".player .hint")


def test_a_busy_server_can_be_asked_again(visitor, server):
    sentence = "The server is busy: all models have work; try again in 2 seconds."
    assert attempt(visitor, "busy") == sentence
    visitor.click("#alert .button").done()
    assert visitor.all("#alert p") == []
    assert len(server.asked) == 2


def test_a_server_that_is_gone(visitor):
    visitor.open("tags").choose()
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    visitor.chrome.execute_cdp_cmd("Network.enable", {})
    visitor.chrome.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        visitor["#go"].click()
        assert visitor.alert().startswith("The server cannot be reached: check")
    finally:
        online = {**offline, "offline": False}
        visitor.chrome.execute_cdp_cmd("Network.emulateNetworkConditions", online)
    visitor.click("#alert .button").done()


def test_what_is_not_the_api_is_told(visitor):
    visitor.open("tags").choose()
    visitor.run("Blob.prototype.text = async () => '<html>'")  # as a proxy would answer
    visitor["#go"].click()
    assert visitor.alert().startswith("What answers at this address is not the API")


def test_without_a_sound_it_says_what_is_missing(visitor, server):
    visitor.open("tags")["#go"].click()
    assert visitor.alert() == "Choose or record a sound first."
    assert visitor.get("document.activeElement.id") == "file"
    assert server.asked == []


@pytest.mark.parametrize("by", ["button", "escape"])
def test_what_takes_long_can_be_cancelled(visitor, by):
    from selenium.webdriver.common.keys import Keys

    visitor.open("slow").choose()
    visitor["#go"].click()
    visitor.until("document.getElementById('status').textContent == 'The model is listening …'")
    assert visitor["#spinner"].is_displayed()
    if by == "button":
        visitor["#cancel"].click()
    else:
        visitor.press(Keys.ESCAPE)
    visitor.until("document.getElementById('status').textContent == 'Cancelled.'")
    assert not visitor["#cancel"].is_displayed()
    assert not visitor["#spinner"].is_displayed()
    assert visitor.get("document.activeElement.id") == "go"
    assert visitor.all("#alert p") == []


def test_a_key_is_asked_for_kept_in_the_tab_and_sent(visitor, server):
    visitor.open("tags").choose()
    server.key = "sesame"
    visitor["#go"].click()
    assert visitor.alert() == "This server wants an API key."
    assert visitor.get("document.activeElement.id") == "key-text"
    visitor.press("wrong", "\n")
    visitor.until("document.querySelector('#alert p')?.textContent.includes('does not accept')")
    visitor.press("sesame", "\n").done()
    assert not visitor["#key"].is_displayed()
    assert visitor.get("Object.values(sessionStorage)") == ["sesame"]
    assert visitor.get("localStorage.length + document.cookie.length") == 0
    curl = visitor.text("#recipe-curl code")
    assert '-H "Authorization: Bearer $AUDIOML_API_KEY"' in curl
    assert "sesame" not in visitor.text("main")


def test_a_key_is_asked_for_before_the_models_are_shown(visitor, server):
    visitor.open()
    server.key = "sesame"
    visitor.chrome.refresh()
    visitor.until("!document.getElementById('key').hidden")
    visitor.press("sesame", "\n")
    visitor.until("!document.getElementById('model').disabled")
    visitor.run("sessionStorage.clear()")
