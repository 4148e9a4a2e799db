"""What runs, and how it is judged."""

from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack


@promise(family="rehearsal", authority="https://docs.example")
def it_runs(stack: Stack) -> Judgement:
    """It runs."""
    done = stack.run("sh run.sh")
    return kept_if(done.status == 0, str(done))
