"""A model that can be followed, and streams made of arrays."""

from __future__ import annotations

import io
import itertools
import json
import struct
import threading

import numpy as np

from audioml.core.decoders import Windows
from audioml.core.features import PCM
from audioml.core.pipeline import Pipeline
from audioml.core.stages import ModelSpec, TensorSpec
from audioml.core.values import Audio
from audioml.edge.live.base import Block, Stream

RATE = 1000


class Levels:
    """Mean and maximum of each row."""

    inputs = {"audio": TensorSpec((None, None), "float32")}
    outputs = {"level": TensorSpec((None, 2), "float32")}

    def __init__(self, *, concurrent=True):
        self.concurrent = concurrent

    def run(self, feeds, /):
        (rows,) = feeds.values()
        flat = rows.reshape(len(rows), -1)
        return {"level": np.stack([flat.mean(1), flat.max(1)], 1)}


def model(extractor=None, *, session=None, hop=0.1):
    extractor = extractor or PCM(rate=RATE, window=0.5, hop=hop)
    spec = ModelSpec("levels", "1", "level", "MIT", rate=extractor.rate, streaming=True)
    decoder = Windows(hop=extractor.hop or hop, labels=("mean", "max"))
    return Pipeline(spec, extractor, session or Levels(), decoder)


def noise(count, *, seed=0, channels=1):
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.5, 0.5, (channels, count)).astype(np.float32)


def blocks(samples, cuts, *, rate=RATE, start=0.0, lost=0.0):
    """Cut samples at frame numbers."""
    edges = [0, *sorted(cuts), samples.shape[1]]
    for first, after in itertools.pairwise(edges):
        audio = Audio(samples[:, first:after], rate, start + first / rate)
        yield Block(audio, 0.0 if first else lost)


def stream(source, name="s", began=1000.0):
    return Stream(name, iter(source), began)


def chunk(samples, seq=None, **data):
    """Return the bytes of a chunk of 16 bits."""
    pcm = (np.asarray(samples).T * 32768).astype("<i2").tobytes()
    told = {"rate": RATE, "width": 2, "channels": np.atleast_2d(samples).shape[0], **data}
    if seq is not None:
        told["seq"] = seq
    return event("audio-chunk", told, pcm)


def event(kind, data=None, payload=b""):
    header = {"type": kind, "data": data or {}, "payload_length": len(payload)}
    return json.dumps(header).encode() + b"\n" + payload


def events(data):
    """Return (type, data) of every event in bytes."""
    found, file = [], io.BytesIO(data)
    while line := file.readline():
        header = json.loads(line)
        more = file.read(header.get("data_length", 0))
        found.append((header["type"], {**header.get("data", {}), **json.loads(more or b"{}")}))
    return found


def wav(data, *, bits=16, rate=RATE, channels=1, tag=1, size=None, before=b"", extensible=False):
    frame = channels * bits // 8
    body = struct.pack(
        "<HHIIHH", 0xFFFE if extensible else tag, channels, rate, rate * frame, frame, bits
    )
    if extensible:
        guid = struct.pack("<H", tag) + bytes.fromhex("000000001000800000aa00389b71")
        body += struct.pack("<HHI", 22, bits, 0) + guid
    fmt = b"fmt " + struct.pack("<I", len(body)) + body
    size = len(data) if size is None else size
    rest = before + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(rest) + 4) + b"WAVE" + rest


class Kept:
    """A handler that keeps streams as (name, samples, starts, lost)."""

    def __init__(self, *, reply=None):
        self.streams, self._reply = [], reply
        self.came = threading.Event()

    def __call__(self, stream):
        found = []
        self.streams.append((stream.name, found))
        for block in stream.blocks:
            found.append(block)
            self.came.set()
            if self._reply:
                stream.reply(self._reply(block))

    def samples(self, index=0):
        found = self.streams[index][1]
        return np.concatenate([b.audio.samples for b in found], axis=1)
