"""Requests to IBM MAX's API: every route, every odd method, and files good and bad."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from max_wire import Case, Part

PCM, FLOAT, ADPCM = 1, 3, 17


def wav(
    data: bytes, *, rate: int = 16000, channels: int = 1, bits: int = 16, kind: int = PCM
) -> bytes:
    """Return a WAV file with ``data`` in it, whatever the header then says of it."""
    frame = channels * bits // 8
    fmt = struct.pack("<HHIIHH", kind, channels, rate & 0xFFFFFFFF, rate * frame, frame, bits)
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def sound(samples: int) -> np.ndarray:
    """Return noise that comes and goes: float64, shape (samples,), within [-0.5, 0.5]."""
    noise = np.random.RandomState(5).uniform(-0.5, 0.5, samples)
    return noise * np.sin(np.arange(samples) * (2 * np.pi / 16000)) ** 2


def int16(samples: int, *, channels: int = 1) -> bytes:
    """Return that noise as 16-bit samples, every channel softer than the one before."""
    each = [sound(samples) / (1 + channel) for channel in range(channels)]
    return (np.stack(each, axis=1) * 32767).astype("<i2").tobytes()


SHORT = 15599  # one sample less than the first row needs
ONE = 15600
CLIP = wav(int16(ONE))


def _routes() -> Iterator[Case]:
    for path in ("/", "/swagger.json", "/model/metadata", "/model/predict"):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            if (method, path) != ("POST", "/model/predict"):
                yield Case(f"{method} {path}", method, path)
    for path in (
        "/swagger.json/",
        "/model",
        "/model/",
        "/model/metadata/",
        "/model/predict/",
        "/model/labels",
        "/model/other",
    ):
        yield Case(f"GET {path}", "GET", path)
        yield Case(f"POST {path}", "POST", path)
    yield Case("a question mark", "GET", "/model/metadata?id=1")


def _masks() -> Iterator[Case]:
    for mask in (
        "id",
        "name,id",
        "{id,license}",
        " id , name ",
        "id name",
        "id,id",
        "nothing",
        "ID",
        "id,nothing",
        "nothing{a},id",
        "a{b{c},d},id",
        "*",
        "type,*",
        "!",
        "{}",
        "",
        "{id",
        "{id}x",
        "id,,name",
        ",",
        "id}",
        "id,{",
        "{{id}}",
        "a{b",
        "id{name}",
        "id{}",
    ):
        headers = {"X-Fields": mask}
        yield Case(f"metadata masked by {mask!r}", "GET", "/model/metadata", headers)
    for mask in ("status", "embedding,status", "embedding{a}", "other", "status,", "{", "*"):
        yield Case(f"predict masked by {mask!r}", headers={"X-Fields": mask}, parts=(Part(CLIP),))
    yield Case("an error under a mask", headers={"X-Fields": "message"})
    bad = (Part(CLIP, media="text/plain"),)
    yield Case("another error under a mask", headers={"X-Fields": "message"}, parts=bad)


def _files() -> Iterator[Case]:
    two = int16(ONE, channels=2)
    quiet = sound(ONE)
    yield Case("one row", parts=(Part(CLIP),))
    yield Case("two rows", parts=(Part(wav(int16(ONE + 15360))),))
    yield Case("stereo", parts=(Part(wav(two, channels=2)),))
    yield Case("a sample too few", parts=(Part(wav(int16(SHORT))),))
    yield Case("0.1 s", parts=(Part(wav(int16(1600))),))
    yield Case("100 samples", parts=(Part(wav(int16(100))),))
    yield Case("no samples", parts=(Part(wav(b"")),))
    yield Case("half a sample at the end", parts=(Part(CLIP + b"\0"),))
    yield Case("an odd count of bytes", parts=(Part(wav(int16(ONE) + b"\0")),))
    yield Case("a chunk after the data", parts=(Part(CLIP + b"LIST\4\0\0\0INFO"),))
    yield Case("cut short", parts=(Part(wav(int16(2 * ONE))[: 44 + 2 * ONE]),))
    claims = CLIP[:40] + struct.pack("<I", 0xFFFFFF00) + CLIP[44:]
    yield Case("claims 4 GB", parts=(Part(claims),))
    yield Case("8 bit", parts=(Part(wav((quiet * 127 + 128).astype("u1").tobytes(), bits=8)),))
    four = (quiet * 2**31).astype("<i4")
    three = four.view("u1").reshape(-1, 4)[:, 1:].tobytes()
    yield Case("24 bit", parts=(Part(wav(three, bits=24)),))
    yield Case("32 bit", parts=(Part(wav(four.tobytes(), bits=32)),))
    real = quiet.astype("<f4").tobytes()
    yield Case("float", parts=(Part(wav(real, bits=32, kind=FLOAT)),))
    yield Case("ADPCM", parts=(Part(wav(bytes(2048), bits=4, kind=ADPCM)),))
    yield Case("a rate of 0", parts=(Part(wav(int16(ONE), rate=0)),))
    yield Case("1000 channels", parts=(Part(wav(bytes(32000), channels=1000)),))
    yield Case("an empty file", parts=(Part(b""),))
    yield Case("garbage", parts=(Part(b"no sound at all" * 99),))
    yield Case("FLAC's first bytes", parts=(Part(b"fLaC" + bytes(99)),))


def _media() -> Iterator[Case]:
    for media in (
        "audio/x-wav",
        "audio/wave",
        "audio/vnd.wave",
        "audio/xwavx",
        "AUDIO/WAV",
        "audio/wav; codecs=1",
        "audio/wav;",
        " audio/wav ",
        "audio/",
        "audio/mpeg",
        "audio/wa",
        "audio",
        "application/octet-stream",
        "text/x-python",
        "x-audio/wav",
        "audio/a;wav",
        "",
        None,
    ):
        yield Case(f"as {media!r}", parts=(Part(CLIP, media=media),))


def _forms() -> Iterator[Case]:
    other = Part(CLIP, name="file")
    yield Case("another field", parts=(other,))
    yield Case("another field first", parts=(other, Part(CLIP)))
    yield Case("AUDIO", parts=(Part(CLIP, name="AUDIO"),))
    yield Case("two files", parts=(Part(CLIP), Part(wav(int16(SHORT)))))
    yield Case("a bad one second", parts=(Part(CLIP), Part(b"", media="text/plain")))
    yield Case("a bad one first", parts=(Part(b"", media="text/plain"), Part(CLIP)))
    yield Case("a field beside", parts=(Part(b"5", "hop", None, None), Part(CLIP)))
    yield Case("no file name", parts=(Part(CLIP, filename=None),))
    yield Case("an empty file name", parts=(Part(CLIP, filename=""),))
    yield Case("a name of another kind", parts=(Part(CLIP, filename="clip.txt"),))
    yield Case("a path for a name", parts=(Part(CLIP, filename="../../etc/passwd"),))
    yield Case("nothing")
    yield Case("no form", headers={"Content-Type": "audio/wav"}, body=CLIP)
    yield Case("JSON", headers={"Content-Type": "application/json"}, body=b'{"audio": 1}')
    yield Case("bad JSON", headers={"Content-Type": "application/json"}, body=b"{")
    form = "application/x-www-form-urlencoded"
    yield Case("a form of text", headers={"Content-Type": form}, body=b"audio=clip.wav")
    multi = "multipart/form-data"
    yield Case("no boundary", headers={"Content-Type": multi}, body=b"--a\r\n")
    wrong = {"Content-Type": f"{multi}; boundary=elsewhere"}
    yield Case("the wrong boundary", headers=wrong, parts=(Part(CLIP),))
    cut = {"Content-Type": f"{multi}; boundary=x"}
    yield Case("a form that breaks off", headers=cut, body=b"--x\r\nContent-Dispo")
    html = {"Accept": "text/html"}
    yield Case("asked for HTML", headers=html, parts=(Part(CLIP),))
    yield Case("asked for HTML, in vain", headers=html)
    yield Case("metadata as HTML", "GET", "/model/metadata", html)


CASES = {case.name: case for group in (_routes, _masks, _files, _media, _forms) for case in group()}

ORIGIN = {"Origin": "http://page.example"}
ASKED = {
    **ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "x-fields",
}
CORS = {
    case.name: case
    for case in (
        Case("read from a page", "GET", "/model/metadata", ORIGIN),
        Case("read from nowhere", "GET", "/model/metadata"),
        Case("sent from a page", headers=ORIGIN, parts=(Part(CLIP),)),
        Case("refused from a page", headers=ORIGIN),
        Case("asked by a page", "OPTIONS", "/model/predict", ASKED),
        Case("the document from a page", "GET", "/swagger.json", ORIGIN),
        Case("elsewhere from a page", "GET", "/model/labels", ORIGIN),
    )
}
"""To be sent where ``CORS_ENABLE=true`` was set at the start, and where it was not."""
