"""The environment -> each variable that the project reads: its name, what it does, and what holds without it.

The page of variables is made of this, and whoever reads one takes its name from here.
"""

from typing import NamedTuple


class Variable(NamedTuple):
    """One variable; a tuple with names, for every start of the command line waits for what this imports."""

    name: str
    does: str
    without: str


BASES = Variable(
    "HANDBOOK_BASES",
    "`registry` never substitutes a base, `stand-in` always does, `auto` where no registry answers",
    "`auto`",
)
CA_BUNDLE = Variable(
    "HANDBOOK_CA_BUNDLE",
    "a file of certificates that builds trust, for a network whose proxy signs for the registries",
    "`SSL_CERT_FILE`",
)
CERTIFICATES = Variable(
    "SSL_CERT_FILE",
    "the machine's own certificates, read where `HANDBOOK_CA_BUNDLE` is not set",
    "no certificates are added",
)
OFFLINE_BASES = Variable(
    "HANDBOOK_OFFLINE_BASES",
    "a folder of what no package registry holds and a stand-in is made of, such as the .NET SDK",
    "those stand-ins are not made",
)
HOSTS = Variable(
    "HANDBOOK_HOSTS",
    "`machine` rents whole machines in qemu where `container` rents containers with systemd; emulated, they are slow",
    "`container`",
)
INSTALL_ENGINE = Variable(
    "HANDBOOK_INSTALL_ENGINE",
    "`1` installs an engine without asking, `0` forbids to install and to start one",
    "asks on a terminal, installs nothing elsewhere",
)
CI = Variable("CI", "counts as `HANDBOOK_INSTALL_ENGINE=1` where that is not set", "nothing is assumed")
DATA_ROOT = Variable(
    "HANDBOOK_DATA_ROOT", "where an engine that was started keeps its images", "the engine's own directory"
)
DOCKER_HOST = Variable("DOCKER_HOST", "the engine to use", "that of docker's current context")
DOCKER_OPTS = Variable("DOCKER_OPTS", "further options for an engine that is started", "none")
EVIDENCE = Variable("HANDBOOK_EVIDENCE", "the directory of the records; an empty one believes nothing", "`evidence/`")
WORKERS = Variable("HANDBOOK_WORKERS", "how many tests run at a time", "twice as many as there are processors")
FUZZ = Variable("HANDBOOK_FUZZ", "how many examples a generated test tries", "as many as the test says")
TRACE = Variable("HANDBOOK_TRACE", "a file to which every operation on the engine is appended", "no trace is written")
NO_COLOR = Variable("NO_COLOR", "prints without colours, on a terminal too", "colours go to terminals")
SITE_URL = Variable(
    "SITE_URL",
    "the address of the site, for its canonical links and, in a wheel, for those to its pitfalls",
    "none are written",
)
SOURCE_URL = Variable(
    "SOURCE_URL",
    "the address of the repository, for the page that says how to install, and for what a wheel says of itself",
    "pages and wheels name none, and the README of a wheel links to nothing of the repository",
)
RELEASED = Variable(
    "HANDBOOK_RELEASED",
    "the version that was released to a package index; where it is this one, a page says how to install from there",
    "no page names an index",
)

VARIABLES = (
    *(BASES, CA_BUNDLE, CERTIFICATES, OFFLINE_BASES, HOSTS),
    *(INSTALL_ENGINE, CI, DATA_ROOT, DOCKER_HOST, DOCKER_OPTS),
    *(EVIDENCE, WORKERS, FUZZ, TRACE, NO_COLOR, SITE_URL, SOURCE_URL, RELEASED),
)
