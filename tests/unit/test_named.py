"""Pages and styles as people write them -> the addresses that a browser would fetch, and those that it would not."""

from pathlib import Path

import pytest

from snippets.contract import Verdict
from snippets.contract.container.named import of_page, of_style
from snippets.contract.observation import Reply
from snippets.errors import ContainerError
from tests.unit.fake_image import FakeImage, image_in
from tests.unit.fake_site import SITE, WEEK, reply
from tests.unit.judging import boots, judge


def page(text: str | bytes, kind: str = "text/html") -> Reply:
    """A page as it came over the wire."""
    body = text if isinstance(text, bytes) else text.encode()
    return Reply(status=200, body=body, headers={"content-type": kind}, whole=True, took_s=0.1)


NAMED = {
    "a-blank": ('<img src="my logo.png">', ["/shop/my%20logo.png"]),
    "blanks-around": ('<img src=" /a.png\n">', ["/a.png"]),
    "beyond-ascii": ('<link rel=stylesheet href="/größe.css?für=ß">', ["/gr%C3%B6%C3%9Fe.css?f%C3%BCr=%C3%9F"]),
    "quoted-already": ('<img src="/a%20b.png">', ["/a%20b.png"]),
    "backslashes": (r'<script src="\js\app.js"></script>', ["/js/app.js"]),
    "up": ('<img src="../../up.png">', ["/up.png"]),
    "fragment": ('<use href="/icons.svg#cart">', ["/icons.svg"]),
    "entity": ('<img src="/a?b=1&amp;c=2">', ["/a?b=1&c=2"]),
    "base": ('<base href="/app/"><img src="a.png">', ["/app/a.png"]),
    "base-that-is-relative": ('<base href="v2/"><img src="a.png">', ["/shop/v2/a.png"]),
    "base-after-what-it-rules": ('<img src="a.png"><base href="/app/">', ["/app/a.png"]),
    "first-base-counts": ('<base href="/one/"><base href="/two/"><img src="a.png">', ["/one/a.png"]),
    "base-without-address": ('<base target="_top"><img src="a.png">', ["/shop/a.png"]),
    "base-elsewhere": ('<base href="https://cdn.example/"><img src="a.png"><img src="/b.png">', []),
    "own-origin-in-full": ('<img src="http://own.invalid/a.png">', ["/a.png"]),
    "other-origins": ('<img src="//cdn.example/a.png"><img src="https://own.invalid/a.png">', []),
    "no-files": ('<img src="data:image/png;base64,AA=="><object data="about:blank"></object><img src="">', []),
    "srcset": ('<img srcset="/a.png 1x, /b.png 2x">', ["/a.png", "/b.png"]),
    "srcset-close": ('<img srcset="/a.png,/b.png 2x">', ["/a.png,/b.png"]),
    "srcset-without-sizes": ('<img srcset="/a.png, /b.png">', ["/a.png", "/b.png"]),
    "srcset-commas-in-names": ('<img srcset="/a,b.png 100w,, /c.png">', ["/a,b.png", "/c.png"]),
    "srcset-brackets": ('<img srcset="/a.png (1, 2), /b.png">', ["/a.png", "/b.png"]),
    "srcset-data": ('<img srcset="data:image/png;base64,AA== 1x, /b.png 2x">', ["/b.png"]),
    "picture": ('<picture><source srcset="/a.avif"><img src="/a.png"></picture>', ["/a.avif", "/a.png"]),
    "poster": ('<video poster="/p.jpg" src="/v.mp4"><track src="/t.vtt"></video>', ["/v.mp4", "/p.jpg", "/t.vtt"]),
    "button": ('<input type=IMAGE src="/b.png"><input src="/none.png">', ["/b.png"]),
    "old-svg": ('<svg><image xlink:href="/a.png"/></svg>', ["/a.png"]),
    "relation-in-capitals": ('<LINK REL="StyleSheet" HREF="/a.css">', ["/a.css"]),
    "not-fetched": ('<link rel="canonical" href="/c"><a href="/d">d</a><!-- <img src="/e.png"> -->', []),
    "preload": ('<link rel=preload as=image imagesrcset="/a.png 1x" href="/b.png">', ["/b.png", "/a.png"]),
    "style-element": ("<style>@import '/a.css'; p { background: url(b.png) }</style>", ["/a.css", "/shop/b.png"]),
    "style-attribute": ("<p style=\"background: url('/a.png')\">", ["/a.png"]),
    "template": ('<template><img src="/a.png"></template><img src="/b.png">', ["/b.png"]),
    "text-of-scripts": ("<script>'<img src=\"/a.png\">'</script>", []),
    "named-twice-in-one": ('<img src="/a.png" src="/b.png">', ["/a.png"]),
}
STYLES = {
    "import": ("@import 'a.css';", ["/css/a.css"]),
    "import-of-a-medium": ('@import url("/a.css") screen;', ["/a.css"]),
    "capitals": ("p { background: URL( 'a.png' ) }", ["/css/a.png"]),
    "bare": ("p { background: url(a.png) }", ["/css/a.png"]),
    "escape": (r"p { background: \75 rl(a.png) }", ["/css/a.png"]),
    "escape-within": (r"p { background: url(a\20 b.png) }", ["/css/a%20b.png"]),
    "image-set": ('p { background: image-set("a.png" 1x, url(b.png) 2x) }', ["/css/a.png", "/css/b.png"]),
    "font": ("@font-face { src: url(a.woff2) format('woff2'), local('b') }", ["/css/a.woff2"]),
    "nested": ("@media print { p { &:hover { background: url(a.png) } } }", ["/css/a.png"]),
    "variable": ("p { --logo: url(a.png) }", ["/css/a.png"]),
    "string": ("p { content: 'url(a.png)' }", []),
    "comment": ("/* url(a.png) */ p { color: red }", []),
    "namespace": ("@namespace url(http://www.w3.org/1999/xhtml);", []),
    "fragment": ("p { filter: url(#blur) }", []),
    "never-closed": ("p { background: url(a.png", ["/css/a.png"]),
}


@pytest.mark.parametrize(("text", "named"), NAMED.values(), ids=NAMED)
def test_a_page_names_what_a_browser_fetches(text: str, named: list[str]) -> None:
    """As a browser reads it, whatever its author wrote."""
    assert list(of_page(page(text), "/shop/index.html")) == named


@pytest.mark.parametrize(("text", "named"), STYLES.values(), ids=STYLES)
def test_a_style_names_what_a_browser_fetches(text: str, named: list[str]) -> None:
    """Parsed, not searched."""
    assert list(of_style(page(text, "text/css"), "/css/app.css")) == named


@pytest.mark.parametrize("address", ["http://[bad/a.png", "//[/a.png", "http://a b/c.png", "https://host:port/a.png"])
def test_what_is_no_address_is_told_as_it_stands(address: str) -> None:
    """No browser fetches it, so the page is not whole; no address of another place is meant."""
    for text in (f'<img src="{address}">', f'<base href="{address}"><img src="/a.png">'):
        with pytest.raises(ContainerError, match=r"/shop names '.*', which is no address"):
            list(of_page(page(text), "/shop"))
    with pytest.raises(ContainerError, match=r"/app\.css names "):
        list(of_style(page(f"@import '{address}';", "text/css"), "/app.css"))


ENCODED = "<img src='/größe.png'>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ENCODED.encode("latin-1"), "text/html; charset=iso-8859-1"),
        (ENCODED.encode("latin-1"), 'text/html; Charset="windows-1252"'),
        (b"<meta charset=latin1>" + ENCODED.encode("latin-1"), "text/html"),
        (
            b"<meta http-equiv=content-type content='text/html; charset=latin1'>" + ENCODED.encode("latin-1"),
            "text/html",
        ),
        (b"\xef\xbb\xbf" + ENCODED.encode(), "text/html; charset=latin1"),
        (b"\xff\xfe" + ENCODED.encode("utf-16-le"), "text/html"),
        (ENCODED.encode(), "text/html; charset=no-such"),
        (ENCODED.encode(), "text/html; charset=hex"),
    ],
)
def test_a_page_is_read_in_its_own_encoding(body: bytes, kind: str) -> None:
    """By the mark at its start, the header, or what it says itself; UTF-8 where nobody says."""
    assert list(of_page(page(body, kind), "/")) == ["/gr%C3%B6%C3%9Fe.png"]


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"<img src='/\xff.png'>", b"<" * 5000, b"", b"\0" * 99])
def test_no_bytes_end_in_a_traceback(body: bytes) -> None:
    """Whatever it is, something is said of it, or nothing."""
    assert len([*of_page(page(body), "/"), *of_style(page(body, "text/css"), "/a.css")]) <= 1


@pytest.fixture
def image(tmp_path: Path) -> FakeImage:
    """An image that keeps every promise."""
    return image_in(tmp_path)


@pytest.mark.parametrize(
    "named",
    ['<img src="/my%20logo.svg">', '<img src="/my logo.svg">', '<base href="/"><img src="my logo.svg">'],
)
def test_names_that_have_to_be_quoted_are_asked_for_as_browsers_do(named: str, image: FakeImage) -> None:
    """They are there, so nothing is broken."""
    logo = reply(body=b"<svg/>", kind="image/svg+xml", cache=WEEK)
    replies = SITE | {"/": reply(body=named.encode(), kind="text/html"), "/my%20logo.svg": logo}

    finding = judge("assets-complete", boots(replies=replies)(image))

    assert finding.verdict is Verdict.KEPT, finding.seen


def test_what_only_an_import_or_a_poster_names_is_missed(image: FakeImage) -> None:
    """A style within a style, and a picture before a film."""
    for text, name in (("@import 'b.css'", "b.css"), ("p { background: image-set('b.png' 1x) }", "b.png")):
        style = reply(body=text.encode(), kind="text/css", cache=WEEK)
        finding = judge("assets-complete", boots(replies=SITE | {"/assets/app.css": style})(image))
        assert f"GET /assets/{name} answers 404" in finding.seen
    film = reply(body=b"<video poster='/p.jpg'></video>", kind="text/html")
    assert "GET /p.jpg answers 404" in judge("assets-complete", boots(replies=SITE | {"/": film})(image)).seen
