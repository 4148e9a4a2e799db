"""What it promises."""

from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import Servers


@promise(family="rehearsal", authority="https://docs.ansible.com/")
def it_arrives(servers: Servers) -> Judgement:
    """It arrives."""
    return kept_if(servers.run("true").status == 0, "it did")
