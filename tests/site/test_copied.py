"""What each button of the site copies is what the page shows there, and what was proven, on every page."""

from pathlib import Path
from typing import Literal
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page

from snippets.audit.published import Published
from snippets.handbook import Handbook
from tests.site.conftest import SITE

COPYABLE = ".md-content pre > code"
BUTTONS = "[data-clipboard-target], [data-clipboard-text]"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Narrow and wide, as readers have it.
WIDTHS = (390, 1280)
CONTRAST = 2.5
# Of each block: what it claims to be, what it shows, and what of it cannot be seen.
LOOK = """
() => {
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const found = getComputedStyle(at).backgroundColor.match(/[\\d.]+/g).map(Number)
      if (found.length < 4 || found[3] > 0.9) return found
    }
    return [255, 255, 255]
  }
  const light = rgb => rgb.slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0)
  const unseen = node => {
    const style = getComputedStyle(node), ink = style.color.match(/[\\d.]+/g).map(Number)
    const [dark, bright] = [light(ink), light(ground(node))].sort((one, other) => one - other)
    if (style.display === "none" || style.visibility !== "visible" || style.opacity !== "1") return "hidden"
    if (parseFloat(style.fontSize) < 8) return `of ${style.fontSize}`
    if (ink.length > 3 && ink[3] < 1) return "transparent"
    if ((bright + 0.05) / (dark + 0.05) < CONTRAST) return `of ${style.color} on ${ground(node)}`
    if (style.textTransform !== "none" || style.direction !== "ltr") return "rewritten"
    for (const part of ["::before", "::after"])
      if (!["none", "normal"].includes(getComputedStyle(node, part).content)) return `with ${part}`
    return null
  }
  // A line that is lit up is a block, and its line end counts twice: the theme's style mends it by this attribute.
  const shown = code => {
    code.setAttribute("data-md-copying", "")
    const text = code.innerText
    code.removeAttribute("data-md-copying")
    return text
  }
  return [...document.querySelectorAll(".md-content pre > code")].map(code => ({
    claim: code.closest("[data-hb]")?.dataset.hb ?? "",
    shown: shown(code),
    held: code.textContent,
    unseen: [code, ...code.querySelectorAll("*")].filter(node => node.textContent.trim()).map(unseen).filter(Boolean),
  }))
}
""".replace("CONTRAST", str(CONTRAST))
PAGES = sorted(
    path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "snippets" not in path.relative_to(SITE).parts
)


@pytest.fixture(scope="module")
def proven() -> dict[str, str]:
    """Claim -> the text that stands behind it: files, commands and cells, from the records."""
    handbook = Handbook.here()
    published = Published(handbook=handbook, tutorials=handbook.tutorials)
    texts = {
        f"snippet:{name}/{path}": standing.snippet.text(path)
        for name, standing in handbook.snippets.items()
        for path in standing.snippet.sources
    }
    for name, standing in handbook.snippets.items():
        texts |= {f"command:{name}/{command}": text for command, text in standing.snippet.commands.items()}
    for name, tutorial in handbook.tutorials.items():
        ran = tutorial.execution.cells if tutorial.execution else ()
        texts |= {f"cell:{name}/{number}": cell.source for number, cell in enumerate(ran, start=1)}
    return {claim: text for claim, text in texts.items() if text in published.blocks}


@pytest.mark.timeout(600)
def test_what_is_copied_is_what_is_shown_and_was_proven(
    browser: Browser, address: str, proven: dict[str, str], counted: list[str]
) -> None:
    """Every button of every page is pressed, and the clipboard read."""
    pressed, faults = 0, list[str]()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address.rstrip("/"))
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES:
        _open(page, address, path)
        blocks = page.evaluate(LOOK)
        buttons = page.locator(f"{COPYABLE} >> xpath=.. >> {BUTTONS}")
        assert buttons.count() == len(blocks), f"{path}: {buttons.count()} buttons for {len(blocks)} blocks"
        assert page.locator(BUTTONS).count() == len(blocks), f"{path}: something else has a text to copy"
        for number, block in enumerate(blocks):
            page.evaluate("navigator.clipboard.writeText('nothing was copied')")
            buttons.nth(number).click(force=True)
            copied = page.evaluate("navigator.clipboard.readText()")
            stated = proven.get(block["claim"], "nothing that was proven")
            # A clipboard has no last line end, and the theme cuts what is blank there.
            if not copied == block["shown"].rstrip() == stated.rstrip():
                faults.append(f"{path}: {block['claim']} copies {copied[:80]!r}, shows {block['shown'][:80]!r}")
            pressed += 1
    context.close()
    assert faults == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert pressed, "not one button was found"
    counted.append(f"{pressed} buttons on {len(PAGES)} pages copy what is shown and what was proven")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_copied_can_be_seen(
    browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    """In light and dark, wide and narrow: nothing in a block is hidden, faint, rewritten or added to."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, looked = context.new_page(), 0
    for path in PAGES:
        _open(page, address, path)
        for block in page.evaluate(LOOK):
            assert block["unseen"] == [], f"{path}: {block['claim']} is {block['unseen'][0]}"
            assert block["shown"].rstrip() == block["held"].rstrip(), f"{path}: {block['claim']}"
            looked += 1
    context.close()
    assert looked


def test_what_is_downloaded_is_what_was_proven(browser: Browser, address: str, counted: list[str]) -> None:
    """Every link that offers a file gives the bytes of the record, under the file's own name."""
    handbook = Handbook.here()
    files = Published(handbook=handbook, tutorials=handbook.tutorials).files
    context = browser.new_context()
    page, offered = context.new_page(), set[tuple[str, str]]()
    for path in PAGES:
        _open(page, address, path)
        links = "links => links.map(link => [link.href, link.download])"
        offered |= {(url, name) for url, name in page.locator("a[download]").evaluate_all(links)}
    for url, name in sorted(offered):
        path = unquote(url.removeprefix(address))
        assert name in {"", Path(path).name}
        assert path in files, url
        assert _sha256(context.request.get(url).body()) == files[path], url
    context.close()
    assert offered, "not one download was found"
    counted.append(f"{len(offered)} downloads are what was proven")


def _open(page: Page, address: str, path: str) -> None:
    page.goto(address + path.removesuffix("index.html"))
    # The theme's script has looked at the page once it has put its buttons there.
    page.wait_for_function(
        f"document.querySelectorAll('{COPYABLE}').length === document.querySelectorAll('.md-code__nav').length"
    )


def _sha256(content: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415 - used here alone

    return sha256(content).hexdigest()
