"""What is published: tried first, the same as was tried, and by a name under which nothing else can be."""

from ...contract.confinement import Bounds, all_confined
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack

PLACE = "docker compose port registry 5000"
PUBLISH = "./publish {name}:{tag} --build-arg REVISION=$COMPOSE_PROJECT_NAME-{tag}"
# It starts, and ends.
BROKEN = """
cp Dockerfile Dockerfile.whole && echo 'CMD ["false"]' >> Dockerfile
./publish {name}:broken && status=0 || status=$?
mv Dockerfile.whole Dockerfile; exit $status
"""
TAGS = "curl --silent http://{place}/v2/$COMPOSE_PROJECT_NAME/tags/list"
# Nothing of it is left here: what comes is the registry's.
FORGOTTEN = "docker image ls --quiet {name} | sort --unique | xargs --no-run-if-empty docker image rm --force"
REVISION = "docker run --rm {image} printenv REVISION"
# Containers that were started of exactly this image since then.
TRIED = """
docker events --since {since} --until "$(date +%s)" --filter type=container --filter event=start \
    --filter image={image} --format '{{{{.ID}}}}'
"""
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {"registry": Bounds(("/var/lib/registry",))}


@promise(
    family="rehearsal",
    authority="https://docs.docker.com/reference/cli/docker/image/pull/#pull-an-image-by-digest-immutable-identifier",
)
def what_was_tried_is_what_is_fetched(stack: Stack) -> Judgement:
    """Whoever fetches by the digest that it prints gets the very image that ran healthy before it was pushed."""
    since, name = stack.run("date +%s").stdout.strip(), _name(stack)
    done = stack.run(PUBLISH.format(name=name, tag="tried"), check=False)
    digest = done.stdout.strip()
    stack.run(FORGOTTEN.format(name=name))
    fetched = stack.run(f"docker pull --quiet {digest}", check=False).status == 0
    image = stack.run(f"docker image inspect --format '{{{{.Id}}}}' {digest}", check=False).stdout.strip()
    tried = stack.run(TRIED.format(since=since, image=image)).stdout.split() if fetched else []
    stack.run(FORGOTTEN.format(name=name))
    seen = f"it exits {done.status} and prints {'a digest' if '@sha256:' in digest else digest or 'nothing'}; what is "
    seen += f"fetched by that {'ran' if tried else 'never ran'} before it was pushed"
    return kept_if(done.status == 0 and fetched and len(tried) == 1, seen)


@promise(family="rehearsal", authority="https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pull")
def a_moved_tag_changes_nothing(stack: Stack) -> Judgement:
    """The tag is another image now, and by what was printed for the first one everybody still gets the first one."""
    name = _name(stack)
    first = stack.run(PUBLISH.format(name=name, tag="first")).stdout.strip()
    second = stack.run(PUBLISH.format(name=name, tag="second")).stdout.strip()
    stack.run(f"docker tag {second} {name}:first && docker push --quiet {name}:first")
    stack.run(FORGOTTEN.format(name=name))
    by_print, by_tag = (_revision(stack, each) for each in (first, f"{name}:first"))
    stack.run(FORGOTTEN.format(name=name))
    seen = f"by what was printed one gets the {by_print} one, and by its tag the {by_tag} one"
    return kept_if((by_print, by_tag) == ("first", "second"), seen)


@promise(family="rehearsal", authority="https://docs.docker.com/reference/dockerfile/#healthcheck")
def what_does_not_get_healthy_is_not_pushed(stack: Stack) -> Judgement:
    """An image that ends as it starts is in no registry, nothing is printed, and the command fails."""
    done = stack.run(BROKEN.format(name=_name(stack)), check=False)
    pushed = '"broken"' in stack.run(TAGS.format(place=_place(stack))).stdout
    seen = f"it exits {done.status} and prints {done.stdout.strip() or 'nothing'}; the registry "
    seen += "has it" if pushed else "does not have it"
    return kept_if(done.status != 0 and not done.stdout.strip() and not pushed, seen)


@promise(family="rehearsal", authority="https://www.gnu.org/software/bash/manual/html_node/The-Set-Builtin.html")
def a_push_that_fails_is_no_success(stack: Stack) -> Judgement:
    """While the registry is away it prints nothing and fails; what was fetched by its digest before still runs."""
    name = _name(stack)
    before = stack.run(PUBLISH.format(name=name, tag="before")).stdout.strip()
    stack.stop("registry")
    done = stack.run(PUBLISH.format(name=name, tag="away"), check=False)
    runs = _revision(stack, before) == "before"
    stack.start("registry")
    stack.run(FORGOTTEN.format(name=name))
    seen = f"it exits {done.status} and prints {done.stdout.strip() or 'nothing'}; what was there "
    seen += "runs on" if runs else "does not run"
    return kept_if(done.status != 0 and not done.stdout.strip() and runs, seen)


def _place(stack: Stack) -> str:
    """Where the registry answers on this machine; another port after each start."""
    return stack.run(PLACE).stdout.strip()


def _name(stack: Stack) -> str:
    return f"{_place(stack)}/$COMPOSE_PROJECT_NAME"


def _revision(stack: Stack, image: str) -> str:
    """Which one a container of this image says that it is."""
    return stack.run(REVISION.format(image=image), check=False).stdout.strip().rpartition("-")[2]


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(stack: Stack) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    return all_confined(stack, BOUNDS)
