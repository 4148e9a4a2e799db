"""The search box, as whoever has a message on the screen uses it: the message itself is typed, and leads somewhere."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

# What people search for most, and a part of the address that has to be among the first results.
SEARCHED = {
    "bash\\r: No such file or directory": "line-ends-of-windows",
    "sh: 1: set: Illegal option -o pipefail": "run-by-sh",
    "ModuleNotFoundError": "environment-not-in-the-path",
    "port is already allocated": "port-taken",
    "exec format error": "image-for-other-processors",
    "no space left on device": "one-disk-for-both",
    "WORKER TIMEOUT": "worker-timeout",
    "502 Bad Gateway": "no-wait-for-web",
    "503 Service Unavailable": "503-service-unavailable",
    "504 Gateway Timeout": "504-gateway-timeout",
    "413 Request Entity Too Large": "smaller-limit-in-front",
    "Cannot connect to the Docker daemon": "cannot-connect-to-the-docker-daemon",
    "permission denied while trying to connect to the Docker daemon socket": "permission-denied-while-trying",
    "Permission denied (publickey)": "permission-denied-publickey",
    "Host key verification failed": "host-key-verification-failed",
    "connection refused": "connection-refused",
    "could not translate host name": "could-not-translate-host-name",
    "password authentication failed for user": "password-changed-later",
    "remaining connection slots are reserved": "remaining-connection-slots",
    "relation does not exist": "relation-does-not-exist",
    "executable file not found in $PATH": "health-without-curl",
    "OOMKilled": "oomkilled",
    "exited with code 137": "exited-with-code-137",
    "pull access denied": "pull-access-denied",
    "toomanyrequests": "toomanyrequests",
    "Read-only file system": "pidfile-in-working-directory",
    "the input device is not a TTY": "needs-a-terminal",
    "container is unhealthy": "health-check-on-the-page",
    "didn't complete successfully": "depends-on-without-a-condition",
    "ERR_TOO_MANY_REDIRECTS": "err_too_many_redirects",
    "NET::ERR_CERT_DATE_INVALID": "err_cert_date_invalid",
    "too many certificates already issued": "certificates-in-a-nameless-volume",
    "container name is already in use": "is-already-in-use",
}
# Of the links that are shown before anybody scrolls; the first one leads to the page of the second.
FIRST = 5
MESSAGES = "pitfalls/messages/"
RESULT = ".md-search-result__item a"
QUOTED = re.compile("“([^”]+)”")
# The theme adds to an address what was typed.
ADDRESSES = "links => links.map(each => each.href.replace(/[?]h=[^#]*/, ''))"
# Each heading, its own address, and those of the paragraphs below it.
LISTED = """headings => headings.map(each => {
    const links = [location.href.split("#")[0] + "#" + each.id];
    for (let next = each.nextElementSibling; next && next.tagName != "H2"; next = next.nextElementSibling)
        links.push(...[...next.querySelectorAll("a")].map(link => link.href));
    return [each.textContent, links];
})"""


@pytest.mark.parametrize(("typed", "leads_to"), SEARCHED.items())
def test_the_message_is_found(browser: Browser, address: str, typed: str, leads_to: str) -> None:
    """Among the first results is a section whose heading is that message."""
    page = browser.new_page()
    links = _found(page, address, typed)
    page.close()

    assert any(leads_to in link.lower() for link in links), links


def test_each_message_is_found_as_it_is_printed(browser: Browser, address: str, counted: list[str]) -> None:
    """With its colons, dashes and quotes: its section of the page of all messages, or one that this leads to."""
    page = browser.new_page()
    page.goto(f"{address}{MESSAGES}")
    sections = page.locator("h2").evaluate_all(LISTED)
    sought = [(typed, leads_to) for heading, leads_to in sections for typed in QUOTED.findall(heading)]
    page.goto(f"{address}?q=first")
    page.wait_for_selector(RESULT)

    lost = {typed: links for typed, leads_to in sought if not {*leads_to} & {*(links := _typed(page, typed))}}
    page.close()

    assert sought
    assert not lost
    counted.append(f"{len(sought)} messages lead to what stands of them")


def _found(page: Page, address: str, typed: str) -> list[str]:
    """Where the first results lead, for whoever follows an address with a question in it."""
    page.goto(f"{address}?q={quote(typed)}")
    return _first(page)


def _typed(page: Page, typed: str) -> list[str]:
    """The same for whoever types it, into a box that has been emptied."""
    box = page.locator("[data-md-component=search-query]")
    box.fill("")
    box.press("End")
    page.wait_for_selector(RESULT, state="detached")
    box.fill(typed)
    box.press("End")
    return _first(page)


def _first(page: Page) -> list[str]:
    page.wait_for_selector(RESULT)
    links: list[str] = page.locator(RESULT).evaluate_all(ADDRESSES)
    return links[:FIRST]
