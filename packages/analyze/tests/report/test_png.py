from __future__ import annotations

import struct
import zlib

import numpy as np

from audioml.analyze.report.png import heat_map


def chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size) == (zlib.crc32(kind + body),)
        yield kind, body
        at += 12 + size


def test_values_are_opacity_and_rows_have_colours():
    values = np.array([[0.0, 0.5, 1.0], [1.5, -1.0, 0.2]])
    parts = dict(chunks(heat_map(values, np.array([[255, 0, 0], [0, 0, 255]], np.uint8))))
    assert struct.unpack(">IIBB", parts[b"IHDR"][:10]) == (3, 2, 8, 6)
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(2, 13)
    pixels = lines[:, 1:].reshape(2, 3, 4)
    assert pixels[..., 3].tolist() == [[0, 128, 255], [255, 0, 51]]
    assert pixels[0, 0, :3].tolist() == [255, 0, 0]
    assert b"IEND" in parts
