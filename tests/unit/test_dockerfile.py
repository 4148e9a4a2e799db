"""Dockerfiles: as much of the grammar as promises judge by, read as BuildKit reads it."""

import pytest

from snippets.contract.dockerfile import Stage, bases, build_arguments, build_secrets, instructions, stages


def keywords(text: str) -> list[str]:
    """Which instructions are seen."""
    return [keyword for keyword, _ in instructions(text)]


def test_instructions_are_keyword_and_argument() -> None:
    """Case, tabs and blank lines do not matter; comments are no instructions."""
    text = "# FROM comment\n\nfrom\tpython:3.13\n   USER   10001  \n#USER 0\n"

    assert list(instructions(text)) == [("FROM", "python:3.13"), ("USER", "10001")]


def test_continued_lines_are_one_instruction() -> None:
    """Comments and empty lines in between do not end it, nor does white space behind the backslash."""
    text = "RUN a \\\n  # why\n\n  && b \\ \t\n  && c\nUSER 1\n"

    assert list(instructions(text)) == [("RUN", "a   && b   && c"), ("USER", "1")]


@pytest.mark.parametrize("line", ["RUN echo \\\\", "RUN echo a\\b", "# note \\", "RUN echo `"])
def test_what_continues_nothing_hides_nothing(line: str) -> None:
    """An escaped backslash, one inside a line, a comment's and a backtick end no differently than any letter."""
    assert keywords(f"{line}\nFROM hidden:1\n")[-1] == "FROM"


def test_a_word_may_be_continued() -> None:
    """Nothing is put between the two lines."""
    assert list(instructions("FROM pyth\\\non:3\n")) == [("FROM", "python:3")]


def test_the_escape_directive_is_obeyed() -> None:
    """With another escape character a backslash at the end continues nothing."""
    text = "# syntax=docker/dockerfile:1\n# escape=`\nRUN dir C:\\\nFROM a:1 `\n  AS b\n"

    assert list(instructions(text)) == [("RUN", "dir C:\\"), ("FROM", "a:1   AS b")]


def test_a_directive_below_an_instruction_is_a_comment() -> None:
    """Directives stand at the top."""
    assert keywords("FROM a:1\n# escape=`\nRUN a \\\n  b\nUSER 1\n") == ["FROM", "RUN", "USER"]


def test_a_continuation_at_the_end_ends_with_the_file() -> None:
    """Nothing is waited for."""
    assert list(instructions("RUN a \\")) == [("RUN", "a \\")]


@pytest.mark.parametrize("mark", ["<<EOF", "<<-EOF", "<<'EOF'", '<<"EOF"', "0<<EOF"])
def test_the_body_of_a_heredoc_holds_no_instructions(mark: str) -> None:
    """What stands in it is the shell's, whatever it looks like."""
    assert keywords(f"FROM a:1\nRUN cat {mark}\nFROM inside:1\nEOF\nUSER 1\n") == ["FROM", "RUN", "USER"]


def test_several_heredocs_follow_each_other() -> None:
    """Each ends with its own word."""
    text = "COPY <<A <<B /etc/\nFROM a\nA\nFROM b\nB\nUSER 1\n"

    assert keywords(text) == ["COPY", "USER"]


def test_a_heredoc_ends_at_its_word_alone_on_a_line() -> None:
    """Indented it does not end, but with tabs where the mark says so."""
    assert keywords("RUN <<EOF\n EOF\nFROM a\n\tEOF\nEOF\nUSER 1\n") == ["RUN", "USER"]
    assert keywords("RUN <<-EOF\n\tEOF\nUSER 1\n") == ["RUN", "USER"]


@pytest.mark.parametrize(
    "line",
    [
        "RUN echo $((1<<3))",
        'RUN echo "a <<EOF b"',
        "RUN cat <<<EOF",
        "RUN cat << EOF",
        "ENV A=<<EOF",
        "RUN echo '<<EOF'",
    ],
)
def test_what_is_no_heredoc_hides_nothing(line: str) -> None:
    """A shift, a here-string and a quoted mark do not swallow the instructions that follow."""
    assert keywords(f"{line}\nFROM hidden:latest\n")[-1] == "FROM"


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x85", "\u2028"])
def test_only_a_line_feed_ends_a_line(sign: str) -> None:
    """Python knows more line ends than a Dockerfile does."""
    assert keywords(f"RUN echo {sign}FROM inside:1\n") == ["RUN"]


def test_line_ends_of_windows_and_a_byte_order_mark_do_not_matter() -> None:
    """Both are taken off, as BuildKit does."""
    assert list(instructions("\ufeffFROM a:1\r\nRUN a \\\r\n b\r\n")) == [("FROM", "a:1"), ("RUN", "a  b")]


def test_stages_have_a_base_and_a_name() -> None:
    """An unnamed stage is called by its number; a stage may build upon an earlier one."""
    text = "FROM --platform=$BUILDPLATFORM python:3.13 AS build\nFROM build as test\nFROM debian:13\n"

    assert stages(text) == (
        Stage(base="python:3.13", name="build", from_stage=False),
        Stage(base="build", name="test", from_stage=True),
        Stage(base="debian:13", name="2", from_stage=False),
    )


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("ARG V=3.13\nFROM python:$V\n", "python:3.13"),
        ("ARG V=3.13\nFROM python:${V}-slim\n", "python:3.13-slim"),
        ("FROM python:${V:-3.12}\n", "python:3.12"),
        ("FROM python:${V-3.12}\n", "python:3.12"),
        ("ARG V\nFROM python:${V:-3.12}\n", "python:3.12"),
        ("ARG A=1 V=3.13\nFROM python:$V\n", "python:3.13"),
        ('ARG V="3.13"\nARG REF=python:$V\nFROM $REF\n', "python:3.13"),
        ("FROM python:$V\n", "python:"),
        ("FROM a:1\nARG V=3\nFROM b:$V\n", "b:"),
    ],
)
def test_variables_in_from_are_filled_in(text: str, base: str) -> None:
    """From the ARGs above the first FROM, their defaults, and each other."""
    assert stages(text)[-1].base == base


def test_bases_are_what_a_build_fetches() -> None:
    """Stages, by name or number, and scratch are not fetched; each reference is named once."""
    text = (
        "FROM python:3.13 AS build\nFROM build AS test\nFROM scratch\nFROM python:3.13\n"
        "COPY --from=build /a /a\nCOPY --from=0 /a /a\nCOPY --from=BUILD /a /a\n"
        "COPY --chown=1:1 --from=nginx /a /a\nRUN --mount=from=uv:0.9,type=bind,target=/uv uv sync\n"
        "RUN --network=none --mount=type=bind,from=busybox:1 true\n"
    )

    assert bases(text) == ("python:3.13", "nginx", "uv:0.9", "busybox:1")


def test_a_stage_may_carry_the_name_of_its_base() -> None:
    """The base is fetched all the same."""
    assert bases("FROM python AS python\nCOPY --from=python /a /a\n") == ("python",)


def test_what_a_command_is_given_is_no_base() -> None:
    """Options count where the instruction's own stand."""
    assert bases("FROM a:1\nRUN tool --from=b:1\nRUN echo ,from=c:1\n# COPY --from=d:1 / /\n") == ("a:1",)


def test_every_argument_of_a_build_is_seen() -> None:
    """Several may be declared by one ARG, with or without a value."""
    text = "ARG V=1\nFROM a:$V\nARG A=1 API_TOKEN\nARG B='two words' C\nARG A\n# ARG D\n"

    assert build_arguments(text) == ("V", "A", "API_TOKEN", "B", "C")


def test_every_secret_of_a_build_is_seen() -> None:
    """In any order of its keys; without an id it is called as its target is."""
    text = (
        "FROM a:1\nRUN --mount=type=secret,id=one \\\n --mount=uid=10001,id=two,type=secret a\n"
        "RUN --mount=type=secret,target=/run/three b\nRUN --mount=type=cache,id=four c\n"
        "# RUN --mount=type=secret,id=five d\nRUN echo --mount=type=secret,id=six\n"
    )

    assert build_secrets(text) == ("one", "two", "three")
