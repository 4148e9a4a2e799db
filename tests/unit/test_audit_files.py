"""Files beside the pages: downloads as they were proven, known scripts, and pictures that are nothing else."""

import gzip
import struct
import zlib
from pathlib import Path

import pytest

from snippets.audit.pictures import png_fault
from tests.unit.pages.site import Site
from tests.unit.pages.synthetic import DOCKERFILE

ROOT = Path(__file__).parents[2]
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(points: bytes = zlib.compress(bytes(2)), more: bytes = b"") -> bytes:
    """A grey point, and what else somebody hides in the file."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return PNG_HEAD + header + more + chunk(b"IDAT", points) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("snippets/web/Dockerfile", b"FROM evil\n", "differs from the file that was proven"),
        ("snippets/web/Dockerfile", DOCKERFILE.encode() + b" ", "differs from the file that was proven"),
        ("snippets/web/extra.sh", b"rm\n", "nobody proved a file of this name"),
        ("snippets/index.html", b"<pre>x</pre>", "nobody proved a file of this name"),
        ("snippets/alma/only-here.txt", b"a file that nobody proved\n", "nobody proved a file of this name"),
        ("a.ipynb", b"{}", "nobody proved a file of this name"),
        ("a.md", b"# RUN x", "nobody proved a file of this name"),
        ("install.sh", b"rm\n", "a kind of file that no page of this site needs"),
        ("stylesheets/a.css", b"/* */\n", "a style sheet without a rule"),
        ("assets/stylesheets/main.57a0d79d.min.css", b"", "a style sheet without a rule"),
        ("a.pdf", b"%PDF", "a kind of file that no page of this site needs"),
        ("page.xhtml", b"<pre>x</pre>", "a kind of file that no page of this site needs"),
        ("a.js", b"document.write('x')", "a script that nobody knows (sha256"),
        ("assets/javascripts/bundle.a5f9d56c.min.js", b"alert(1)", "a script that nobody knows (sha256"),
        ("a.svg", b"<svg><text>RUN x</text></svg>", "a picture with more than shapes: 'RUN x'"),
        ("a.svg", b"<svg><g onload='x()'/></svg>", "a picture whose <g> does more than show a shape: onload"),
        ("a.svg", b"<svg><title>RUN make x</title></svg>", "a picture with more than shapes: 'RUN make x'"),
        ("a.svg", b"<svg><title/></svg>", "a picture with <title>: pictures are shapes"),
        ("a.svg", b"<svg><a href='x'/></svg>", "a picture with <a>: pictures are shapes"),
        ("a.svg", b"<svg style='x'/>", "a picture whose <svg> does more than show a shape: style"),
        ("a.svg", b"<svg><path d=M0/></svg>", "a picture with more than shapes"),
        ("a.svg", b"<svg><!-- x --></svg>", "a picture with <!: pictures are shapes"),
        ("a.svg", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "a picture with <!: pictures are shapes"),
        ("a.svg", b"#!/bin/sh\nrm x", "a picture with more than shapes: '#!/bin/sh"),
        ("a.svg", b"", "no picture: it does not begin with <svg>"),
        ("sitemap.xml", b"<urlset><pre>x</pre></urlset>", "no sitemap: it holds more than addresses"),
        ("sitemap.xml.gz", gzip.compress(b"<?xml-stylesheet href='a'?>", mtime=0), "no sitemap"),
        ("sitemap.xml.gz", gzip.compress(bytes(1 << 25), mtime=0), "not UTF-8"),
        ("sitemap.xml.gz", gzip.compress(b"", mtime=0) + b"rm x", "not UTF-8"),
        ("sitemap.xml.gz", b"no", "not UTF-8"),
        ("a.png", b"#!/bin/sh\nrm x\n", "no PNG: it begins otherwise"),
        ("a.png", b"", "no PNG: it begins otherwise"),
        ("a.png", PNG_HEAD, "a PNG that does not begin or end as one"),
        ("a.png", PNG_HEAD + b"\nrm x\n", "a PNG with"),
        ("a.png", png(more=chunk(b"tEXt", b"rm x")), "a PNG with 'tEXt'"),
        ("a.png", png() + b"rm x", "a PNG with ''"),
        ("a.png", png()[:-1], "a PNG that is cut short, or damaged"),
        ("a.png", png().replace(chunk(b"IEND", b""), b""), "a PNG that does not begin or end as one"),
        ("a.png", png(points=b"rm x"), "a PNG whose points cannot be read"),
        ("a.png", png(points=zlib.compress(b"rm x\n")), "a PNG that holds other than its points"),
        ("a.png", png(points=zlib.compress(bytes(2)) + b"rm x"), "a PNG that holds other than its points"),
        ("a.woff2", b"wOF2", "a kind of file that no page of this site needs"),
        ("assets/a.woff2", b"#!/bin/sh", "a kind of file that no page of this site needs"),
        ("assets/images/favicon.png", b"#!/bin/sh", "no PNG: it begins otherwise"),
        ("a.json", b"alert(1)", "a kind of file that no page of this site needs"),
        ("a.js.map", b"alert(1)", "a kind of file that no page of this site needs"),
        ("assets/javascripts/bundle.a5f9d56c.min.js.map", b"x", "a kind of file that no page of this site needs"),
        ("a.html.txt", b"<pre>x</pre>", "a kind of file that no page of this site needs"),
        ("Dockerfile", b"FROM x", "a kind of file that no page of this site needs"),
        ("search/search_index.json", b"[]", "not a search index"),
    ],
)
def test_a_file_beside_the_pages_is_refused_by_name(audited: Site, path: str, content: bytes, why: str) -> None:
    """A download is the proven file, and any other file is one that pages need."""
    objections = audited(files={path: content})

    assert {o.page for o in objections} == {path}
    assert any(o.why.startswith(why) for o in objections)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.svg", b'<?xml version="1.0"?><svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'),
        (
            "sitemap.xml",
            (
                b'<?xml version="1.0" encoding="UTF-8"?>\n'
                b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
                b"<url><loc>https://x.example/</loc><lastmod>2026-01-02</lastmod></url></urlset>"
            ),
        ),
        ("a.png", png()),
    ],
)
def test_files_that_pages_need_pass(audited: Site, path: str, content: bytes) -> None:
    """Shapes, colours and the list of pages are nobody's code."""
    assert audited(files={path: content}) == ()


def test_our_own_scripts_pass(audited: Site) -> None:
    """Each is known by its content; a byte more, and nobody knows it."""
    scripts = {f"javascripts/{path.name}": path.read_bytes() for path in (ROOT / "docs" / "javascripts").iterdir()}
    assert scripts
    assert audited(files=scripts) == ()

    for path, content in scripts.items():
        found = audited(files={path: content + b" "})
        assert [(o.page, o.why.partition(" (")[0]) for o in found] == [(path, "a script that nobody knows")]
        audited(files=scripts)


PLACES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@pytest.mark.parametrize("depth", [1, 8, 16])
@pytest.mark.parametrize("colours", PLACES)
def test_a_picture_is_as_many_points_as_it_says(colours: int, depth: int) -> None:
    """Of grey, of colours or from a palette, with or without what shines through: none more, none less."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 3, depth, colours, 0, 0, 0))
    size = 3 * (1 + -(-5 * PLACES[colours] * depth // 8))
    made = (chunk(b"IDAT", zlib.compress(bytes(size + more))) for more in (0, -1, 1))

    assert [png_fault(PNG_HEAD + header + points + chunk(b"IEND", b"")) for points in made] == [
        None,
        "a PNG that holds other than its points",
        "a PNG that holds other than its points",
    ]


@pytest.mark.parametrize("colours", [1, 5, 7])
def test_a_picture_of_colours_that_there_are_not_is_refused(colours: int) -> None:
    """By what it says of itself, and so is one whose points come in another order."""
    why = "a PNG of a kind that no page needs: save it without interlacing"
    for said in ((colours, 0, 0, 0), (0, 0, 0, 1)):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, *said))
        assert png_fault(PNG_HEAD + header + chunk(b"IDAT", zlib.compress(bytes(2))) + chunk(b"IEND", b"")) == why


@pytest.mark.parametrize(("kind", "size"), {b"gAMA": 4, b"sRGB": 1, b"pHYs": 9}.items(), ids=str)
def test_what_says_how_points_look_has_room_for_nothing_else(kind: bytes, size: int) -> None:
    """Each of these parts has its one length."""
    assert png_fault(png(more=chunk(kind, bytes(size)))) is None
    more = "which is more than points"
    for other in (size - 1, size + 1):
        assert png_fault(png(more=chunk(kind, bytes(other)))) == f"a PNG with {kind.decode()!r}, {more}"
    assert png_fault(PNG_HEAD + chunk(b"IHDR", bytes(14))) == f"a PNG with 'IHDR', {more}"
    end = chunk(b"IEND", b"")
    assert png_fault(png().replace(end, chunk(b"IEND", b"rm"))) == f"a PNG with 'IEND', {more}"
    assert png_fault(png().replace(end, end + end)) == "a PNG that does not begin or end as one"
    assert png_fault(png(more=chunk(b"IHDR", bytes(13)))) == "a PNG that does not begin or end as one"
