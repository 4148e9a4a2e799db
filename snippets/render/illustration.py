"""A `text` block -> why it is code in disguise, or None where it is the illustration it claims to be."""

import re
from functools import cache

_PROGRAMS = (
    "ansible|ansible-playbook|apk|apt|apt-get|aws|az|bash|brew|caddy|certbot|chmod|chown|corepack|curl|dnf|doctl|docker|"
    "docker-compose|dotnet|gcloud|git|gunicorn|helm|heroku|kubectl|mkdir|nox|npm|npx|pg_dump|pg_restore|pip|pip3|pipx|"
    "pnpm|podman|psql|python3?|restic|rm|rsync|scp|sed|ssh|sudo|systemctl|tar|terraform|ufw|useradd|uv|uvx|wget|yarn|yum"
)

# What a reader would paste into a file or a terminal. One line that matches is enough: whoever
# wants to show it has a snippet, a command or a pitfall to make of it.
_SIGNS: tuple[tuple[str, str], ...] = (
    (
        "a Dockerfile",
        (
            r"(FROM|RUN|COPY|ADD|CMD|ENTRYPOINT|ENV|ARG|WORKDIR|EXPOSE|USER|HEALTHCHECK|LABEL|VOLUME|SHELL|STOPSIGNAL"
            r"|ONBUILD|MAINTAINER)[ \t]+\S|from[ \t]+[\w./-]+(:[\w.-]+)?([ \t]+as[ \t]+[\w-]+)?$"
            r"|(run|copy|cmd|add)[ \t]+\S+[ \t]+\S"
        ),
    ),
    ("a shell prompt", r"([\w.-]+@[\w.-]+[^$#]*)?[$#%][ \t]+\S"),
    ("a command", rf"({_PROGRAMS})([ \t]+[-\w./\"'$:@]|$)"),
    (
        "a command",
        r"(cd|cp|mv|cat|set|export|source|make|node|flask|echo|nginx|service)[ \t]+[-./~$\"'\w]*[-./~$=\"']",
    ),
    ("a command", r".*(\\$|&&|\|\||<<-?['\"]?\w|\$\(|\$\{)"),
    ("a script", r"#!"),
    ("a setting", r"(export[ \t]+)?[\w.\"-]+[ \t]*=(?![=>])[ \t]*\S"),
    ("a section of settings", r"\[\[?[\w .:\"'/@-]+\]\]?$"),
    (
        "YAML",
        (
            r"(- )?(apiVersion|kind|metadata|spec|services|image|volumes|networks|ports|environment|env|build|command"
            r"|restart|steps|jobs|on|uses|run|runs-on|hosts|tasks|become|roles|containers|replicas|packages|runcmd)"
            r":([ \t]|$)|- [\w.-]+:([ \t]|$)"
        ),
    ),
    ("a block of settings", r".*([{;]|=>)$|[})\]]+[;,]?$"),
    (
        "Python",
        (
            r"(import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|(async[ \t]+)?def[ \t]+\w|class[ \t]+\w+.*:$|@\w+"
            r"|print\(|return\b|(if|for|while|with|try|except|else)\b.*:$)"
        ),
    ),
    ("JavaScript", r"(const|let|var|function|export|await)[ \t]+[\w{*]"),
    ("SQL", r"(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|GRANT|REVOKE)[ \t]+\w"),
    ("JSON", r"\"[^\"]*\"[ \t]*:"),
    ("markup", r"<[!?/]?[A-Za-z][^>]*>?"),
    ("a crontab", r"(@(reboot|daily|hourly|weekly)|[\d*/,-]+([ \t]+[\d*/,-]+){4})[ \t]+\S"),
    ("a diff", r"(diff --git|\+\+\+ |--- |@@ )"),
    ("a proxy's settings", r"(reverse_proxy|proxy_pass|server_name|listen|respond|tls|handle)[ \t]+\S"),
)


@cache
def _signs() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compiled when the first text is looked at: most commands look at none."""
    return tuple((what, re.compile(sign)) for what, sign in _SIGNS)


def disguised(text: str) -> str | None:
    """What the text looks like to somebody in search of something to copy, with the line; or None."""
    signs = _signs()
    for line in text.splitlines():
        shown = line.strip()
        for what, sign in signs:
            if sign.match(shown):
                return f"looks like {what}: {shown[:60]!r}"
    return None
