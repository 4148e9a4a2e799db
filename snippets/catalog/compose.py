"""A compose file -> the images that it fetches, and what of it no record could account for.

What it may say is listed (https://docs.docker.com/reference/compose-file/): of anything else nobody knows what it
fetches.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ..contract.dockerfile import bases, instructions, stages
from ..errors import SnippetsError
from .metadata import near, plain
from .yaml import YamlError, table_of

TOP = frozenset({"name", "version", "services", "networks", "volumes", "configs", "secrets"})
_SERVICE = """
annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count
cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy
develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends
external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels links
logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit network_mode networks oom_kill_disable
oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles pull_policy read_only restart
runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty
ulimits user userns_mode uts volumes volumes_from working_dir
"""
_BUILD = """
additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts isolation
labels network no_cache platforms privileged provenance pull sbom secrets shm_size ssh tags target ulimits
"""
SERVICE, BUILD = frozenset(_SERVICE.split()), frozenset(_BUILD.split())
IMAGE_CONTEXT, _SERVICE_CONTEXT = "docker-image://", "service:"
# As much of a reference's grammar as tells it from what is none: https://pkg.go.dev/github.com/distribution/reference
REFERENCE = re.compile(r"[A-Za-z0-9][\w.:/@-]*", re.ASCII)
_FILE_OPTIONS = ("-f", "--file", "--project-directory")
_MOST_VARIABLES = 100
# The innermost first: a default may hold another variable.
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-?+])([^${}]*))?\}|(\w+))", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """References of the images that it fetches, in their order, and its faults, each by its key."""

    bases: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def composed(text: str, paths: Collection[str], read: Callable[[str], str]) -> Composed:
    """Read one; `paths` are the files beside it, and `read` says what is in one of them."""
    try:
        table = table_of(text)
    except YamlError as error:
        return Composed(faults=(str(error),))
    project = _Project(paths=paths, read=read)
    project.take(table)
    return Composed(bases=tuple(dict.fromkeys(project.fetched)), faults=tuple(project.faults))


def other_file(command: str) -> str | None:
    """The word by which a command has compose read another file than the one beside it, or None."""
    words = command.replace("\\\n", " ").split()
    for place, first in enumerate(words):
        if first.startswith("COMPOSE_FILE"):
            return first
        if first != "docker-compose" and words[max(place - 1, 0) : place + 1] != ["docker", "compose"]:
            continue
        for before, word in pairwise(words[place:]):
            if word.startswith(_FILE_OPTIONS):
                return word
            # Options stand before the first word that is neither one nor the value of one.
            if not word.startswith("-") and not before.startswith("-"):
                break
    return None


class _Unread(SnippetsError):
    """A value that says nothing of its own accord: a variable without a default, or no text at all."""


@dataclass(frozen=True, kw_only=True)
class _Project:
    """What was found so far."""

    paths: Collection[str]
    read: Callable[[str], str]
    fetched: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def take(self, table: Mapping[str, object]) -> None:
        """The whole file."""
        self._known("", table, TOP)
        services = table.get("services")
        if not isinstance(services, Mapping) or not services:
            self.faults.append("services: none")
            return
        tables = {str(name): each for name, each in services.items() if isinstance(each, Mapping)}
        self.faults.extend(f"services.{plain(str(name))}: not a table" for name in services if str(name) not in tables)
        # What one service builds another may run, by the name that it was given.
        built = {str(each.get("image")) for each in tables.values() if "build" in each}
        for name, service in tables.items():
            try:
                self.fetched.extend(self._service(f"services.{plain(name)}", service, tables, built))
            except _Unread as error:
                self.faults.append(str(error))

    def _known(self, key: str, table: Mapping[str, object], known: Collection[str]) -> None:
        unknown = [str(each) for each in table if each not in known and not str(each).startswith("x-")]
        where = f"{key}." if key else ""
        self.faults.extend(
            f"unknown key {where}{plain(each)}: what it fetches is not known{near(each, known)}" for each in unknown
        )

    def _service(
        self, key: str, service: Mapping[str, object], services: Collection[str], built: Collection[str]
    ) -> Iterator[str]:
        self._known(key, service, SERVICE)
        if "build" in service:
            yield from self._build(f"{key}.build", service["build"], services)
            if service.get("pull_policy", "build") != "build":
                self.faults.append(f"{key}.pull_policy: beside a build it is `build`, or it fetches what is built")
        elif "image" in service:
            reference = _reference(f"{key}.image", service["image"])
            if reference not in built:
                yield reference
        elif "extends" not in service:
            self.faults.append(f"{key}: names neither an image nor a build")
        if "extends" in service:
            self._extends(f"{key}.extends", service["extends"], services)
        mounts = service.get("volumes")
        for number, mount in enumerate(mounts if isinstance(mounts, list) else ()):
            if isinstance(mount, Mapping) and mount.get("type") == "image":
                yield _reference(f"{key}.volumes[{number}].source", mount.get("source"))

    def _extends(self, key: str, extends: object, services: Collection[str]) -> None:
        """The other service is of this file, where it is looked at by itself."""
        named = extends.get("service") if isinstance(extends, Mapping) else extends
        if isinstance(extends, Mapping) and "file" in extends:
            self.faults.append(f"{key}.file: other files are not read: write the service out")
        elif str(named) not in services:
            self.faults.append(f"{key}: no service {named!r}{near(str(named), services)}")

    def _build(self, key: str, build: object, services: Collection[str]) -> Iterator[str]:
        stated = build if isinstance(build, Mapping) else {"context": build}
        self._known(key, stated, BUILD)
        text = self._dockerfile(key, stated)
        if text is None:
            return
        if args := _named(f"{key}.args", stated.get("args")).keys() & set(_before_from(text)):
            named = ", ".join(sorted(args))
            self.faults.append(f"{key}.args: {named}: a FROM may depend on it: say it in the Dockerfile's own ARG")
        if "target" in stated:
            target, known = _text(f"{key}.target", stated["target"]), [stage.name for stage in stages(text)]
            if target not in known:
                self.faults.append(f"{key}.target: no stage {target!r}{near(target, known)}")
        contexts = _named(f"{key}.additional_contexts", stated.get("additional_contexts"))
        for reference in bases(text):
            if reference not in contexts:
                yield _reference(f"{key}: FROM", reference)
        for name, value in contexts.items():
            where = f"{key}.additional_contexts.{name}"
            context = _text(where, value)
            if context.startswith(IMAGE_CONTEXT):
                yield _reference(where, context.removeprefix(IMAGE_CONTEXT))
            elif context.startswith(_SERVICE_CONTEXT):
                if (named := context.removeprefix(_SERVICE_CONTEXT)) not in services:
                    self.faults.append(f"{where}: no service {named!r}{near(named, services)}")
            elif not self._is_inside(context):
                self.faults.append(f"{where}: {context!r} is neither a directory here nor {IMAGE_CONTEXT}...")

    def _dockerfile(self, key: str, stated: Mapping[str, object]) -> str | None:
        """The text of what is built, None and a fault where it is not here."""
        if "dockerfile_inline" in stated:
            if "dockerfile" in stated:
                self.faults.append(f"{key}: dockerfile and dockerfile_inline: it is one of them")
            return _text(f"{key}.dockerfile_inline", stated["dockerfile_inline"])
        context = _text(f"{key}.context", stated.get("context", "."))
        name = _text(f"{key}.dockerfile", stated.get("dockerfile", "Dockerfile"))
        path = posixpath.normpath(posixpath.join(context, name))
        if "://" in context or path not in self.paths:
            self.faults.append(f"{key}: missing file {path}{near(path, self.paths)}")
            return None
        return self.read(path)

    def _is_inside(self, context: str) -> bool:
        """Whether it is a directory of the snippet."""
        path = posixpath.normpath(context)
        return path == "." or any(each.startswith(f"{path}/") for each in self.paths)


def _before_from(text: str) -> Iterator[str]:
    """Names of the arguments that a FROM may depend on: those that stand before the first."""
    for keyword, argument in instructions(text):
        if keyword == "FROM":
            return
        if keyword == "ARG":
            yield from (word.partition("=")[0] for word in argument.split())


def _named(key: str, stated: object) -> Mapping[str, object]:
    """A table, or a list of `name=value`, as a table."""
    if stated is None:
        return {}
    if isinstance(stated, Mapping):
        return {str(name): value for name, value in stated.items()}
    if not isinstance(stated, list):
        raise _Unread(f"{key}: neither a table nor a list")
    pairs = (_text(key, each).partition("=") for each in stated)
    return {name: value for name, _, value in pairs}


def _reference(key: str, stated: object) -> str:
    reference = _text(key, stated)
    if not REFERENCE.fullmatch(reference):
        raise _Unread(f"{key}: {reference!r} is no reference of an image")
    return reference


def _text(key: str, stated: object) -> str:
    """A text with its variables filled in by their defaults, which is what they are where nobody set them."""
    if not isinstance(stated, str):
        raise _Unread(f"{key}: not a text")
    text = stated.replace("$$", "\0")
    for _ in range(_MOST_VARIABLES):
        if (found := _VARIABLE.search(text)) is None:
            return text.replace("\0", "$")
        name, how, default = found[1] or found[4], found[2], found[3]
        if how not in {"-", ":-"}:
            raise _Unread(f"{key}: {stated!r} depends on {name}, which has no default: write ${{{name}:-VALUE}}")
        text = text[: found.start()] + default + text[found.end() :]
    raise _Unread(f"{key}: more than {_MOST_VARIABLES} variables")
