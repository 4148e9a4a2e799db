"""The digest of what judges: code that a finding rests on is part of it, at the grain of functions, and no other."""

from pathlib import Path

import pytest

from snippets.contract import CONTRACT
from tests.unit.code_sample import PARSING, Digest, digests_below, edited


@pytest.fixture
def digest(tmp_path: Path) -> Digest:
    """Through which a test takes the digest of a function of the small package, edited."""
    return digests_below(tmp_path)


def test_the_same_code_has_the_same_digest_wherever_it_is(digest: Digest) -> None:
    """Neither the package's name nor its place counts."""
    assert digest() == digest(called="deployment_handbook")
    assert digest().startswith("sha256:")


def test_editing_one_promise_voids_that_promise_alone(digest: Digest) -> None:
    """The neighbour in the same file keeps its digest."""
    other = edited("contract/boot.py", "return bool(image)", "return not image")

    assert digest(other, name="starts") != digest(name="starts")
    assert digest(other) == digest()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        pytest.param("contract/boot.py", "LIMIT = 3", "LIMIT = 4", id="constant"),
        pytest.param("contract/boot.py", '"""It drains."""', '"""It drains whole."""', id="its-own-sentence"),
        pytest.param("contract/boot.py", "def drains", "@retried\ndef drains", id="decorator"),
        pytest.param(
            "contract/boot.py",
            "def drains(image: Image)",
            "def drains(image: Image, quick: bool = True)",
            id="parameter",
        ),
        pytest.param("text/parsing.py", "return _count(text)", "return 1 + _count(text)", id="imported"),
        pytest.param("text/parsing.py", "WORD.findall", "WORD.split", id="helper-of-a-helper"),
        pytest.param("text/parsing.py", 're.compile("a")', 're.compile("b")', id="pattern"),
        pytest.param("engine/image.py", 'return "a"', 'return "b"', id="property-of-the-subject"),
        pytest.param("engine/image.py", "return BootedContainer()", "return 0 or BootedContainer()", id="method"),
        pytest.param("engine/image.py", "return ask(path)", "return ask(path + '?')", id="method-of-what-it-makes"),
        pytest.param("engine/image.py", "self.made = True", "self.made = False", id="its-making"),
        pytest.param("engine/image.py", "] = 3", "] = 4", id="body-of-the-class"),
        pytest.param("engine/http.py", "return len(path)", "return 200", id="what-a-method-calls"),
        pytest.param("contract/promise.py", 'return "kept"', 'return "broken"', id="making-of-the-verdict"),
    ],
)
def test_whatever_a_promise_rests_on_is_part_of_it(digest: Digest, path: str, old: str, new: str) -> None:
    """Helpers and constants, what its subject is asked, and how a verdict is made of it, however many steps away."""
    assert digest(edited(path, old, new)) != digest()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        pytest.param("contract/boot.py", '"""Promises."""', '"""Promises, all\nof them."""\n# A note.', id="module"),
        pytest.param("contract/boot.py", "return bool(image)", "return not image", id="neighbour"),
        pytest.param("contract/boot.py", "LIMIT = 3", "LIMIT = 3\nPAGE = '\u2028'\n\x0c", id="what-moves-lines"),
        pytest.param("contract/boot.py", "< LIMIT", "< (  # so far\n        LIMIT\n    )", id="layout"),
        pytest.param("contract/asking.py", "def stop", "def halt", id="what-is-not-asked-of-the-interface"),
        pytest.param("text/parsing.py", '"""Split."""', '"""Split it."""', id="docstring-of-a-helper"),
        pytest.param("text/parsing.py", '    """Split."""\n', "", id="no-docstring-of-a-helper"),
        pytest.param("text/parsing.py", "    return len(", "    # How many.\n    return len(", id="comment"),
        pytest.param("text/parsing.py", '    """Nobody\'s."""', "    print()", id="unused-helper"),
        pytest.param("engine/image.py", '"""An image that was built."""', '"""Built."""', id="docstring-of-a-class"),
        pytest.param("engine/image.py", '"""Boot it."""', '"""Boot it now."""', id="docstring-of-a-method"),
        pytest.param("engine/image.py", "how often", "how many times", id="meaning-of-a-key"),
        pytest.param("engine/image.py", "del self", "self.ended = True", id="method-that-is-not-asked"),
        pytest.param("engine/image.py", 're.match("a", "b")', 're.match("b", "a")', id="another-one"),
        pytest.param("contract/promise.py", '"a promise"', '"The promise"', id="what-makes-no-verdict"),
    ],
)
def test_what_a_promise_does_not_rest_on_is_no_part_of_it(digest: Digest, path: str, old: str, new: str) -> None:
    """Words, layout and unrelated code may be edited, moved down or written anew."""
    assert digest(edited(path, old, new)) == digest()


def test_a_method_counts_once_somebody_asks_for_it(digest: Digest) -> None:
    """Of whatever class that is given or made: by its name, however far from the promise it is asked for."""
    stops = edited("contract/boot.py", "image.boot().get", "[image.boot().stop()] and image.boot().get")
    ended = edited("engine/image.py", "del self", "self.ended = True")

    assert digest({**stops, **ended}) != digest(stops)
    # Of a value, of what the module has by itself, of a parameter that is named as a module, and of an answer.
    for asked in ("text.stop()", "WORD.stop()", "(lambda re: re.stop())(text)", "len(text).stop()"):
        asks = edited("text/parsing.py", "len(WORD.findall(text))", asked)
        assert digest({**asks, **ended}) != digest(asks), asked


def test_an_attribute_of_a_foreign_module_is_no_method_of_ours(digest: Digest) -> None:
    """`re.match` asks nothing of an image that has a method of this name."""
    other = edited("engine/image.py", 're.match("a", "b")', 're.match("b", "a")')
    matching = edited("text/parsing.py", "WORD.findall(text)", 're.match("a", text)')

    assert digest({**matching, **other}) == digest(matching)
    # Of a value nobody knows whose it is.
    matching = edited("text/parsing.py", "WORD.findall(text)", 'text.match("a")')
    assert digest({**matching, **other}) != digest(matching)


def test_a_private_class_counts_whole(digest: Digest) -> None:
    """What it is handed to may call whatever it has, such as a parser of a library."""
    reader = "\n\nclass _Reader:\n    def handle(self) -> int:\n        return 1\n"
    made = {"text/parsing.py": PARSING.replace("return _count(text)", "return feed(_Reader())") + reader}
    other = {"text/parsing.py": made["text/parsing.py"].replace("return 1", "return 2")}

    assert digest(other) != digest(made)
    public = {path: text.replace("_Reader", "Reader") for path, text in made.items()}
    other = {path: text.replace("_Reader", "Reader") for path, text in other.items()}
    assert digest(other) == digest(public)


@pytest.mark.parametrize("double", ["__enter__", "__add__", "__init__"])
def test_what_python_itself_calls_counts(digest: Digest, double: str) -> None:
    """Nobody asks for it by its name."""
    there = edited("engine/http.py", "return len(path)", "return Answer()")
    made = {
        path: f"{text}\n\nclass Answer:\n    def {double}(self):\n        return 1\n" for path, text in there.items()
    }
    other = {path: text.replace("return 1", "return 2") for path, text in made.items()}

    assert digest(other) != digest(made)


def test_a_base_class_counts(digest: Digest) -> None:
    """What is asked of an object may be its base's."""
    based = edited("engine/image.py", "class BootedContainer:", "class BootedContainer(Base):")
    based = {path: text.replace("    def get(", "    def post(") for path, text in based.items()}
    made = {
        path: f"{text}\n\nclass Base:\n    def get(self, path):\n        return 1\n" for path, text in based.items()
    }
    other = {path: text.replace("return 1", "return 2") for path, text in made.items()}

    assert digest(other) != digest(made)


def test_each_promise_of_the_contract_has_a_digest_of_its_own() -> None:
    """No two promises are judged by the same code."""
    digests = {promise.rules for promise in CONTRACT}

    assert len(digests) == len(CONTRACT)
    assert all(digest.startswith("sha256:") and len(digest) == 71 for digest in digests)
