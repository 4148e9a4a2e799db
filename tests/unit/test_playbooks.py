"""What playbooks say of themselves at their end, and ansible-lint of them: also of one that was never read."""

from typing import Any

import pytest

from snippets.contract.observation import Done
from snippets.contract.playbooks import Recap, linted, recap, unchanged
from snippets.errors import ContainerError

ENDED = "{count} failure(s), 0 warning(s) in {read} files processed of {read} encountered."
TOLD = """\
harden.yml:8:7: fqcn[action-core]: Use FQCN for builtin module actions (copy).
harden.yml:20: yaml[octal-values]: Forbidden implicit octal value "0600"
harden.yml:7: name[missing][/]: All tasks should be named.
"""


class Saying:
    """Servers whose linter ends as it is told to, and what it was asked."""

    def __init__(self, status: int, said: str) -> None:
        self.done = Done(status=status, stdout=said, stderr="", took_s=1.0)
        self.asked: list[str] = []

    def run(self, command: str, *, check: bool = True) -> Done:
        """End so."""
        assert not check
        self.asked.append(command)
        return self.done


def judged(servers: Any) -> tuple[bool, str]:  # noqa: ANN401 - a fake of few methods
    """Whether it was kept, and what was seen."""
    judgement = linted(servers, "harden.yml")
    return judgement.kept, judgement.seen


def test_a_playbook_without_a_violation_passes() -> None:
    """The linter asks nobody, and lets no warning pass."""
    servers = Saying(0, f"Passed: {ENDED.format(count=0, read=1)}")

    assert judged(servers) == (True, "ansible-lint, profile production: nothing against harden.yml")
    assert servers.asked == ["ansible-lint --offline --strict --profile production --nocolor --format pep8 harden.yml"]


def test_violations_are_named_by_line_and_rule() -> None:
    """Each of them, without the words that another version has otherwise."""
    kept, seen = judged(Saying(2, f"Failed: {ENDED.format(count=3, read=1)}\n{TOLD}"))

    assert not kept
    assert seen == (
        "ansible-lint, profile production: "
        "harden.yml:8 fqcn[action-core], harden.yml:20 yaml[octal-values], harden.yml:7 name[missing]"
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (127, "sh: ansible-lint: not found"),
        (0, f"Passed: {ENDED.format(count=0, read=0)}"),
        (1, ""),
        (3, f"Failed: {ENDED.format(count=1, read=1)}"),
    ],
)
def test_a_linter_that_read_nothing_or_says_nothing_is_no_judge(status: int, said: str) -> None:
    """Whatever it ends with."""
    with pytest.raises(ContainerError, match=rf"ansible-lint did not judge harden\.yml: exit {status} "):
        judged(Saying(status, said))


RECAPS = """\
PLAY RECAP ****
app.test            : ok=3    changed={first}    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
app.test.example    : ok=9    changed=9    unreachable=0    failed=9    skipped=0    rescued=0    ignored=0

PLAY RECAP ****
app.test            : ok=5    changed={all}    unreachable={unreached}    failed={failed}    skipped=0    rescued=0
"""


def printed(first: int = 0, all_: int = 0, failed: int = 0, unreached: int = 0) -> Done:
    """What two playbooks of one command print."""
    text = RECAPS.format(first=first, all=all_, failed=failed, unreached=unreached)
    return Done(status=0, stdout=text, stderr="", took_s=1.0)


def test_the_last_recap_tells_of_all_playbooks() -> None:
    """Of this host, and not of one whose name begins so."""
    assert recap(printed(1, 3, 1), "app.test") == Recap(playbooks=2, right=5, changed=3, failed=1)


TASKS = """\
TASK [Bring its settings] ******
ok: [app.test]
changed: [app.test.example]

TASK [Ask the site] ******
changed: [app.test -> localhost]

TASK [Make its directories] ******
changed: [app.test] => (item=/srv)
ok: [app.test] => (item=/srv/app)

RUNNING HANDLER [Reload Caddy] ******
changed: [app.test]

"""


def test_what_changed_something_is_named() -> None:
    """Of this host: tasks, what was done elsewhere for it, and handlers."""
    again = recap(Done(status=0, stdout=TASKS + printed(all_=3).stdout, stderr="", took_s=1.0), "app.test")
    assert again.changes == ("Ask the site", "Make its directories", "Reload Caddy")
    judgement = unchanged(again, count=2)
    assert not judgement.kept
    assert judgement.seen.endswith("3 changed something, 0 failed (Ask the site, Make its directories, Reload Caddy)")


def test_a_command_that_tells_of_no_such_host_is_no_judge() -> None:
    """Nothing was done there."""
    with pytest.raises(ContainerError, match=r"nothing is told of other\.test"):
        recap(printed(), "other.test")


@pytest.mark.parametrize(
    ("again", "count", "kept"),
    [
        (printed(), 2, True),
        (printed(all_=1), 2, False),
        (printed(failed=1), 2, False),
        (printed(unreached=1), 2, False),
        (printed(), 3, False),
    ],
    ids=["unchanged", "changed", "failed", "not-reached", "one-not-run"],
)
def test_a_second_run_is_believed_where_all_of_it_ran(again: Done, count: int, *, kept: bool) -> None:
    """A playbook that did not run, or not to its end, has changed nothing either."""
    assert unchanged(recap(again, "app.test"), count=count).kept == kept
