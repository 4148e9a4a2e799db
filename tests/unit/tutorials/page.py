"""A tutorial of two cells, the day on which it is looked at, and what fixtures make of pages."""

from collections.abc import Callable
from datetime import UTC, datetime

from snippets.evidence.records import Execution
from snippets.tutorials import Tutorial, TutorialStanding

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KERNEL = "jupyter:\n  kernelspec:\n    display_name: Python 3\n    language: python\n    name: python3\n"
FRONT = f"---\ndescription: A page.\nsnippets: [deploy]\n{KERNEL}---\n"
PAGE = f"""{FRONT}
# A page

Read [this](../index.md#top) and
[that](https://example.org/).
{{ .hb-lead }}

```bash
printf 'a\\tb\\n' | grep --count '<b>' || true
```

Then `in
line`.

```python
print("two\\nlines")
```
"""
# One whose cells are run where a host is deployed from.
SERVERS = f"""---
snippets: [web, deploy]
servers: web
{KERNEL}---

# Servers

```bash
echo key > keys
```

```bash
ansible-playbook web.yml | tail -n 1
```
"""
Write = Callable[..., Tutorial]
Standing = Callable[[Tutorial, Execution | None], TutorialStanding]


def cells(*sources: str) -> str:
    """A page of these bash cells."""
    return FRONT + "".join(f"\n```bash\n{source}\n```\n" for source in sources)
