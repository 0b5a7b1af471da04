"""The pixels of a PNG file as a browser writes it: eight bits a channel, not interlaced."""

import struct
import zlib
from pathlib import Path

type Pixel = tuple[int, int, int]


def colours(file: Path) -> dict[Pixel, int]:
    """Count the pixels of each colour (PNG specification, sections 7 and 9)."""
    data = file.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    packed, place, width, channels = b"", 8, 0, 0
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, _, depth, colour = struct.unpack_from(">IIBB", content)
            assert depth == 8
            channels = {2: 3, 6: 4}[colour]
        elif kind == b"IDAT":
            packed += content
        place += 12 + length
    found: dict[Pixel, int] = {}
    row = bytes(width * channels)
    raw = zlib.decompress(packed)
    for start in range(0, len(raw), width * channels + 1):
        row = _row(raw[start], raw[start + 1 : start + 1 + width * channels], row, channels)
        for at in range(0, len(row), channels):
            pixel = (row[at], row[at + 1], row[at + 2])
            found[pixel] = found.get(pixel, 0) + 1
    return found


def _row(method: int, packed: bytes, above: bytes, channels: int) -> bytes:
    row = bytearray(packed)
    for at in range(len(row)):
        left = row[at - channels] if at >= channels else 0
        corner = above[at - channels] if at >= channels else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _nearest(left, above[at], corner))[method]
        row[at] = (row[at] + guess) & 255
    return bytes(row)


def _nearest(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))
