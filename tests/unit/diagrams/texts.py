"""One diagram of each kind as its file has it, a page that shows it, and a tutorial that printed numbers."""

from collections.abc import Callable

from snippets.handbook import Handbook

TUTORIAL = """---
description: A page.
snippets: [web]
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

# First

```bash
echo 1
```
"""
PAGE = "# A page\n\n```diagram\nway\n```\n"
WAY = """
kind = "path"
title = "The way"

[nodes.visitor]
group = "outside"
title = "Visitor"

[nodes.visitor.to.web]
says = "by port 443"
seen = "web/drains"

[nodes.web]
group = "the server"
title = "web & more"
says = "answers whoever asks"
keeps = ["uploads"]

[nodes.web.to.db]
says = "by a network"

[nodes.db]
group = "the server"
title = "Database"
"""
REACH = """
kind = "reach"
title = "Who reaches what"

[nodes.visitor]
group = "who"
title = "Visitor"

[nodes.visitor.to.site]
says = "by HTTPS"
seen = "web/drains"

[nodes.visitor.to.db]
says = "it is closed"
seen = "web/drains"
closed = true

[nodes.site]
group = "what"
title = "443"

[nodes.db]
group = "what"
title = "5432"
"""
COURSE = """
kind = "course"
title = "What becomes of it"

[nodes.first]
group = "when"
title = "It begins"
says = "nothing has ended yet"

[nodes.first.to.web]
says = "serves"
state = "before"
seen = "web/drains"

[nodes.between]
group = "when"
title = "Nothing changes"

[nodes.last]
group = "when"
title = "It ends"

[nodes.last.to.web]
says = "is away"
state = "away"
seen = "web/drains"

[nodes.web]
group = "who"
title = "web & more"
"""
BARS = """
kind = "bars"
title = "What it takes"
tutorial = "first"
unit = "s"

[nodes.slow]
group = "the longest wait"
title = "The slow way"
after = "slow: "

[nodes.quick]
group = "the longest wait"
title = "The quick & short way"
after = "quick: "
"""
PRINTED = "slow: 18.5 s without an answer\nquick:   0.5 s without an answer"
DIAGRAMS = [WAY, REACH, COURSE, BARS]
Drawn = Callable[..., Handbook]
