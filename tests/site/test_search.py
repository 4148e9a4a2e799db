"""The search box, as whoever has a message on the screen uses it: the message itself is typed, and leads somewhere."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

# What people search for most, and a part of the address that has to be among the first results.
SEARCHED = {
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
# The theme's search finds no page by a word with a colon behind it, or with a backslash in it.
UNFOUND = {"bash\\r: No such file or directory": "line-ends-of-windows"}
# Of the links that are shown before anybody scrolls; the first one leads to the page of the second.
FIRST = 5


@pytest.mark.parametrize(
    ("typed", "leads_to"),
    [
        *SEARCHED.items(),
        *(pytest.param(*item, marks=pytest.mark.xfail(strict=True, raises=AssertionError)) for item in UNFOUND.items()),
    ],
)
def test_the_message_is_found(browser: Browser, address: str, typed: str, leads_to: str) -> None:
    """Among the first results is a section whose heading is that message."""
    page = browser.new_page()
    page.goto(f"{address}?q={quote(typed)}")
    page.wait_for_selector(".md-search-result__item a")
    links = page.locator(".md-search-result__item a").evaluate_all("found => found.map(each => each.href)")
    page.close()

    assert any(leads_to in link.lower() for link in links[:FIRST]), links[:FIRST]
