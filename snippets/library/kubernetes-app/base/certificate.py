"""Keep the site's certificate: ask for another one once a third of its life is left, and give it to the cluster.

Runs in certbot's image and writes one Secret, where the Gateway finds it. It exits non-zero where nobody signs.
"""

import base64
import contextlib
import functools
import http.server
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import requests
from cryptography import x509

SITE = os.environ["SITE"]
# What a pod is given that may speak to the cluster.
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SECRETS = f"https://kubernetes.default.svc/api/v1/namespaces/{(ACCOUNT / 'namespace').read_text()}/secrets"
NAME = "certificate"
TMP = Path("/tmp")
CHALLENGES = TMP / "root/.well-known/acme-challenge"
PORT = 8080
FOUND_S = 90.0
TRIES = 2
TIMEOUT_S = 10.0
ASK_AGAIN_AT = 1 / 3


def main() -> str | None:
    """Why there is no certificate, if there is none."""
    held = ask("GET", f"{SECRETS}/{NAME}")
    if held is not None and (left := share_left(base64.b64decode(held["data"]["tls.crt"]))) > ASK_AGAIN_AT:
        print(f"the certificate of {SITE} has {left:.0%} of its life left")
        return None
    CHALLENGES.mkdir(parents=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=TMP / "root")
    threading.Thread(target=http.server.HTTPServer(("", PORT), handler).serve_forever, daemon=True).start()
    # Whoever signs looks once. So this one looks first,
    # until the name leads here from outside.
    (CHALLENGES / "here").write_text("here")
    if not is_found(f"http://{SITE}/.well-known/acme-challenge/here"):
        return f"{SITE} does not lead here within {FOUND_S:.0f} s, so nobody is asked to sign for it"
    command = ["certbot", "certonly", "--non-interactive", "--agree-tos", "--register-unsafely-without-email"]
    command += ["--webroot", f"--webroot-path={TMP}/root", f"--domain={SITE}", f"--cert-name={NAME}"]
    command += [f"--{each}-dir={TMP}/{each}" for each in ("config", "work", "logs")]
    command += [f"--server={os.environ['ACME_DIRECTORY']}"]
    # One request may be lost, or refused by chance. Who goes on asking is refused for longer.
    if all(subprocess.run(command, check=False).returncode != 0 for _ in range(TRIES)):
        return f"nobody signs for {SITE}"
    made = TMP / "config/live" / NAME
    files = {"tls.crt": made / "fullchain.pem", "tls.key": made / "privkey.pem"}
    secret = {
        "metadata": {"name": NAME},
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(path.read_bytes()).decode() for key, path in files.items()},
    }
    ask(*(("POST", SECRETS) if held is None else ("PUT", f"{SECRETS}/{NAME}")), secret)
    print(f"{SITE} has another certificate")
    return None


def share_left(pem: bytes) -> float:
    """Of its life; below zero where it is over."""
    certificate = x509.load_pem_x509_certificate(pem)
    begun, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (ends - datetime.now(UTC)) / (ends - begun)


def is_found(url: str) -> bool:
    """Whether what lies here is found at this address, within its time."""
    until = time.monotonic() + FOUND_S
    while time.monotonic() < until:
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=TIMEOUT_S).text == "here":
                return True
        time.sleep(1)
    return False


def ask(method: str, url: str, body: object = None) -> dict | None:
    """What the cluster answers, None where there is no such thing; raises requests.HTTPError with why it refuses."""
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"}
    reply = requests.request(method, url, json=body, headers=headers, verify=str(ACCOUNT / "ca.crt"), timeout=TIMEOUT_S)
    if reply.status_code == requests.codes.not_found:
        return None
    if not reply.ok:
        raise requests.HTTPError(reply.text)
    return reply.json()


if __name__ == "__main__":
    sys.exit(main())
