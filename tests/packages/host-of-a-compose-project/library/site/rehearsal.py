"""What it promises."""

from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack


@promise(family="rehearsal", authority="https://docs.ansible.com/")
def it_arrives(stack: Stack) -> Judgement:
    """It arrives."""
    return kept_if(stack.run("true").status == 0, "it did")
