"""Choosing a sound, a model and its options, and the lines that do the same."""

from __future__ import annotations

import ast
import shlex

import pytest
from page_stand_in import HOSTILE

pytestmark = pytest.mark.browser


def key(name):
    from selenium.webdriver.common.keys import Keys

    return getattr(Keys, name)


def fill(visitor, name, value):
    field = visitor[f'#options [name="{name}"]']
    field.clear()
    field.send_keys(value)


def pick(visitor, selector, text):
    from selenium.webdriver.support.select import Select

    Select(visitor[selector]).select_by_visible_text(text)


def test_a_model_tells_what_it_is(visitor):
    visitor.open("embedding")
    assert visitor.text("#about p") == "128 numbers a second for each moment."
    assert visitor.all("#about dt") == ["Answers", "Listens at", "Version", "Licence", "Source"]
    assert "16 kHz, mono" in visitor.text("#about")
    assert visitor["#about a"].get_attribute("href") == "https://example.org/models"
    assert visitor.all("optgroup option")[-1] == "hum"


def test_every_field_has_a_label_and_its_bounds(visitor):
    visitor.open("embedding")
    unlabelled = """[...document.querySelectorAll('input, select, button, meter, progress')]
      .filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim())).map(e => e.id)"""
    assert visitor.get(unlabelled) == []
    hop = visitor['#options [name="hop"]']
    assert [hop.get_attribute(a) for a in ("type", "min", "max", "value")] == [
        "number",
        "0.01",
        "10",
        "0.96",
    ]
    hint = visitor.run(
        "return document.getElementById(arguments[0]).textContent",
        hop.get_attribute("aria-describedby"),
    )
    assert hint == "Seconds from one vector to the next. From 0.01 to 10."


def test_a_sound_is_sent_as_it_is_with_the_options_that_were_changed(visitor, server):
    visitor.open("embedding").choose()
    fill(visitor, "hop", "0.48")
    fill(visitor, "note", "a&b=c d")
    pick(visitor, '[name="output"]', "raw")
    visitor['[name="pad"]'].click()
    visitor["#go"].click()
    visitor.done()
    [(name, query, filename, data)] = server.asked
    assert (name, filename) == ("embedding", "tone.wav")
    assert query == {"hop": "0.48", "note": "a&b=c d", "output": "raw", "pad": "true"}
    assert data == (visitor.sounds / "tone.wav").read_bytes()


def test_options_out_of_bounds_are_not_sent(visitor, server):
    visitor.open("embedding").choose()
    fill(visitor, "hop", "11")
    visitor["#go"].click()
    assert visitor.get("document.activeElement.name") == "hop"
    assert server.asked == []


def test_a_file_dropped_anywhere_is_taken(visitor, server):
    visitor.open("tags")
    visitor.run(
        """const data = new DataTransfer();
        data.items.add(new File([arguments[0]], "dropped.wav"));
        data.items.add(new File(["x"], "second.wav"));
        for (const type of ["dragover", "drop"])
          document.querySelector("footer, main").dispatchEvent(
            new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));""",
        "no sound at all",
    )
    visitor.until("document.getElementById('result-title').textContent == 'dropped.wav'")
    assert visitor.text("#status") == "One file at a time: the first is chosen."
    visitor["#go"].click()
    assert visitor.alert() == "'dropped.wav' is not an audio file."


def test_everything_is_done_by_keyboard_alone(visitor, server):
    visitor.open("embedding")
    seen = []
    for _ in range(30):
        visitor.press(key("TAB"))
        focus = visitor.get("(e => e.id || e.name || e.textContent)(document.activeElement)")
        seen.append(focus)
        if focus == "file":
            visitor.choose()  # the dialogue of the system is not the page's
        if focus == "go":
            break
    order = ["Skip to the form", "audioml", "API", "OpenAPI", "file", "record", "model"]
    assert seen[: len(order)] == order
    visitor.press(key("ENTER")).done()
    assert visitor.get("document.activeElement.id") == "go"
    visitor.press(key("TAB"), " ")
    assert visitor.get("document.activeElement.id") == "play"
    visitor.until("!!document.querySelector('#play[aria-label=\"Pause\"]')")


def test_the_curl_line_is_one_that_a_shell_reads(visitor):
    name = 'it\'s a; "test".wav'
    visitor.open("embedding").choose(name)
    fill(visitor, "hop", "0.5")
    fill(visitor, "note", "it's $HOME & more")
    words = shlex.split(visitor.text("#recipe-curl code"))
    assert words[:2] == ["curl", "-F"]
    assert words[2] == 'audio=@"it\'s a; \\"test\\".wav"'  # quoted once more, for curl itself
    assert (
        words[3]
        == f"{visitor.address}/v1/models/embedding/predict?hop=0.5&note=it%27s+%24HOME+%26+more"
    )
    assert len(words) == 4


def test_the_python_lines_are_those_of_the_client(visitor):
    name = 'it\'s a; "test".wav'
    visitor.open("embedding").choose(name)
    fill(visitor, "hop", "0.5")
    fill(visitor, "from", "3")
    fill(visitor, "note", 'say "ä"\\')
    visitor['[name="pad"]'].click()
    tree = ast.parse(visitor.text("#recipe-python code"))
    assert ast.unparse(tree.body[0]) == "from audioml.serve.client import Client"
    call = tree.body[1].value
    assert ast.literal_eval(call.func.value.args[0]) == visitor.address
    assert call.func.attr == "predict"
    assert [ast.literal_eval(each) for each in call.args] == ["embedding", name]
    given = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    # `from` is a word of Python's own and cannot be written as a keyword
    assert given == {"hop": 0.5, "note": 'say "ä"\\', "pad": True, None: {"from": 3}}


def test_the_lines_of_a_generator(visitor):
    visitor.open("hum")
    words = shlex.split(visitor.text("#recipe-curl code"))
    assert words[-1] == f"{visitor.address}/v1/models/hum/generate"
    assert words[words.index("-d") + 1] == '{"seconds":10,"seed":0,"temperature":1}'  # no null
    assert ".generate(" in visitor.text("#recipe-python code")
    ast.parse(visitor.text("#recipe-python code"))


def test_a_hostile_model_is_quoted_for_the_shell(visitor):
    visitor.open()
    pick(visitor, "#model", HOSTILE)
    words = shlex.split(visitor.text("#recipe-curl code"))
    assert len(words) == 4
    ast.parse(visitor.text("#recipe-python code"))


def test_copy_copies(visitor):
    visitor.open("tags")
    permission = {"permission": {"name": "clipboard-read"}, "setting": "granted"}
    visitor.chrome.execute_cdp_cmd("Browser.setPermission", permission)
    visitor.click("#recipe-curl .button")
    visitor.until("document.querySelector('#recipe-curl .button').textContent == 'Copied'")
    copied = visitor.chrome.execute_async_script(
        "const done = arguments[0]; navigator.clipboard.readText().then(done, e => done(String(e)))"
    )
    assert copied == visitor.text("#recipe-curl code")


def test_behind_a_proxy_with_a_prefix_it_finds_the_api(visitor, server):
    visitor.open("tags", prefix="/lab").choose()
    visitor["#go"].click()
    visitor.done()
    assert f"{visitor.address}/lab/v1/models/tags/predict" in visitor.text("#recipe-curl code")
    assert len(server.asked) == 1


def test_the_address_remembers_the_model(visitor):
    visitor.open("chords")
    assert visitor["#model"].get_property("value") == "chords"
    pick(visitor, "#model", "notes")
    assert visitor.get("location.hash") == "#notes"


def test_less_motion_is_less(visitor):
    media = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    visitor.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    visitor.open()
    assert (
        visitor.get("getComputedStyle(document.getElementById('spinner')).animationName") == "none"
    )
