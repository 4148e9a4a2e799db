"""A picture -> what speaks against it: it is shapes or points and holds nothing else, whatever its name says."""

import re
import zlib
from collections.abc import Iterator

_DECLARATION = re.compile(r"<!|<\?(?!xml )")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)((?:\s+[a-zA-Z:-]+\s*=\s*(?:\"[^\"<>&]*\"|'[^'<>&]*'))*)\s*/?>")
_ATTRIBUTE = re.compile(r"\s+([a-zA-Z:-]+)\s*=")
_SVG_TAGS = frozenset(
    {"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs", "clipPath", "mask"}
    | {"linearGradient", "radialGradient", "stop"}
)
_SVG_ATTRIBUTES = frozenset(
    {"xmlns", "viewBox", "width", "height", "role", "aria-label", "id", "d", "x", "y", "x1", "x2", "y1", "y2"}
    | {"r", "rx", "ry", "cx", "cy", "fx", "fy", "points", "offset", "transform", "fill", "fill-rule", "clip-rule"}
    | {"fill-opacity", "opacity", "stroke", "stroke-width", "stroke-linejoin", "stroke-linecap", "stroke-opacity"}
    | {"stop-color", "stop-opacity", "gradientUnits", "gradientTransform"}
)
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER, _END = b"IHDR", b"IEND"
# Those that say which points there are; others hold texts.
_CHUNKS = frozenset({_HEADER, b"PLTE", b"IDAT", b"tRNS", b"gAMA", b"sRGB", b"pHYs", _END})
_LENGTHS = {_HEADER: 13, _END: 0, b"gAMA": 4, b"sRGB": 1, b"pHYs": 9}
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def svg_faults(text: str) -> Iterator[tuple[int, str]]:
    """Line and reason for whatever in an SVG is no shape."""
    for found in _DECLARATION.finditer(text):
        yield _line(text, found.start()), f"a picture with {found[0]}: pictures are shapes"
    bare = re.sub(r"<\?xml [^<>]*\?>", "", text, count=1)
    if rest := _TAG.sub("", bare).strip():
        yield 0, f"a picture with more than shapes: {rest[:40]!r}"
    for found in _TAG.finditer(text):
        if found[2] not in _SVG_TAGS:
            yield _line(text, found.start()), f"a picture with <{found[2]}>: pictures are shapes"
        elif strange := " ".join(sorted(set(_ATTRIBUTE.findall(found[3])) - _SVG_ATTRIBUTES)):
            yield _line(text, found.start()), f"a picture whose <{found[2]}> does more than show a shape: {strange}"
    if not re.match(r"\s*<svg[\s>]", bare):
        yield 0, "no picture: it does not begin with <svg>"


def png_fault(content: bytes) -> str | None:
    """Why this is no PNG of points alone, or None; every chunk is read, and every point is there."""
    if not content.startswith(_SIGNATURE):
        return "no PNG: it begins otherwise"
    chunks, place = list[tuple[bytes, bytes]](), len(_SIGNATURE)
    while place < len(content):
        length, kind = int.from_bytes(content[place : place + 4]), content[place + 4 : place + 8]
        data, end = content[place + 8 : place + 8 + length], place + 12 + length
        if kind not in _CHUNKS or _LENGTHS.get(kind, length) != length:
            return f"a PNG with {kind.decode('latin-1')!r}, which is more than points"
        if end > len(content) or zlib.crc32(kind + data) != int.from_bytes(content[end - 4 : end]):
            return "a PNG that is cut short, or damaged"
        chunks.append((kind, data))
        place = end
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [_HEADER] or kinds[-1:] != [_END] or kinds.count(_HEADER) != 1 or kinds.count(_END) != 1:
        return "a PNG that does not begin or end as one"
    return _points(chunks[0][1], b"".join(data for kind, data in chunks if kind == b"IDAT"))


def _points(header: bytes, packed: bytes) -> str | None:
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    depth, channels, interlaced = header[8], _CHANNELS.get(header[9]), header[12]
    if channels is None or interlaced:
        return "a PNG of a kind that no page needs: save it without interlacing"
    expected = height * (1 + (width * channels * depth + 7) // 8)
    reader = zlib.decompressobj()
    try:
        points = reader.decompress(packed, expected + 1)
    except zlib.error:
        return "a PNG whose points cannot be read"
    if len(points) != expected or not reader.eof or reader.unused_data:
        return "a PNG that holds other than its points"
    return None


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
