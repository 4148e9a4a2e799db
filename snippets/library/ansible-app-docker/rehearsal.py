"""What is seen of this deployment alone: an image by its tag, which may be another one tomorrow."""

from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Servers

HOST = "app.example.org"
DEPLOY = "ansible-playbook --vault-password-file ~/.vault-password deploy.yml --extra-vars app_image={image}"
RUNNING = "docker ps --no-trunc --format '{{.ID}} {{.Image}}' | sort"
IMAGE = "registry.example.org/app:latest"


@promise(
    family="rehearsal",
    authority="https://docs.docker.com/reference/cli/docker/image/pull/#pull-an-image-by-digest-immutable-identifier",
)
def image_by_its_tag_is_refused(servers: Servers) -> Judgement:
    """An image that is there under a tag is refused, and what runs goes on."""
    before = servers.run(RUNNING, on=HOST).stdout
    there = servers.run(f"docker pull --quiet {IMAGE}", on=HOST, check=False).status == 0
    done = servers.run(DEPLOY.format(image=IMAGE), check=False)
    after = servers.run(RUNNING, on=HOST).stdout
    told = "name it by its digest" in done.stdout
    seen = f"the playbook exits {done.status} and {'tells' if told else 'does not tell'} of a digest; "
    seen += f"{len(before.splitlines())} containers {'run on' if before == after else 'are others now'}"
    return kept_if(there and done.status != 0 and told and before == after, seen)
