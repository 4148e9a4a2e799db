"""What the small base is chosen for: whoever gets in finds nothing there that could be run, but the server."""

from ...contract.project import Project
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Image

# What somebody looks for who has got in, and what an error message says to try.
LOOKED_FOR = ("sh", "bash", "busybox", "ls", "cat", "id", "ps", "apt-get", "dpkg", "curl", "wget", "perl", "python3")
THERE = "dotnet --list-runtimes"
# What an engine says of a program that is not there, or is none.
NOT_FOUND = (126, 127)


@promise(family="rehearsal", authority="https://github.com/dotnet/dotnet-docker/blob/main/documentation/distroless.md")
def nothing_else_can_be_run(image: Image, project: Project) -> Judgement:
    """Of the programs that an intruder looks for none is there; the one that serves is."""
    del project
    with image.boot() as container:
        tried = {name: container.run(f"{name} --version", check=False) for name in LOOKED_FOR}
        runs = container.run(THERE, check=False).status == 0
    found = [name for name, done in tried.items() if done.status not in NOT_FOUND]
    seen = f"of {len(LOOKED_FOR)} programs {', '.join(found) or 'none'} can be run; "
    seen += f"dotnet {'can' if runs else 'cannot'}"
    return kept_if(not found and runs, seen)
