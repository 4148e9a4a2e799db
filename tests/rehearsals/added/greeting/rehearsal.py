"""What this one snippet promises: it greets."""

from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack


@promise(family="rehearsal", authority="https://www.rfc-editor.org/rfc/rfc9110")
def it_greets(stack: Stack) -> Judgement:
    """Whoever asks is greeted."""
    said = stack.get("/").body.decode()
    return kept_if("Hello" in said, f"GET / says {said.splitlines()[-1]!r}")
