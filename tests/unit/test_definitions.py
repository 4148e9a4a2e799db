"""How a name is bound and where it comes from: no way of writing code hides from the digest what it uses."""

from pathlib import Path

import pytest

from snippets.contract.rules import Code
from tests.unit.code_sample import BOOT, SUBJECTS, Digest, digests_below, edited


@pytest.fixture
def digest(tmp_path: Path) -> Digest:
    """Through which a test takes the digest of a function of the small package, edited."""
    return digests_below(tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("LIMIT, OTHER = 4, 5", "LIMIT, OTHER = 7, 5", id="several"),
        pytest.param("(LIMIT, *OTHER) = [4, 5]", "(LIMIT, *OTHER) = [7, 5]", id="unpacked"),
        pytest.param("OTHER = LIMIT = 4", "OTHER = LIMIT = 7", id="chained"),
        pytest.param("LIMIT: int = 4", "LIMIT: int = 7", id="annotated"),
        pytest.param("if True:\n    LIMIT = 4", "if True:\n    LIMIT = 7", id="conditional"),
        pytest.param("if A:\n    LIMIT = 4", "if B:\n    LIMIT = 4", id="condition"),
        pytest.param(
            "try:\n    LIMIT = 1\nexcept E:\n    LIMIT = 4", "try:\n    LIMIT = 1\nexcept E:\n    LIMIT = 7", id="tried"
        ),
        pytest.param("for LIMIT in (1, 4):\n    pass", "for LIMIT in (1, 7):\n    pass", id="counted"),
        pytest.param("with a() as LIMIT:\n    pass", "with b() as LIMIT:\n    pass", id="entered"),
        pytest.param("print(LIMIT := 4)", "print(LIMIT := 7)", id="within-an-expression"),
        pytest.param("LIMIT = 3\nLIMIT += 1", "LIMIT = 3\nLIMIT += 2", id="augmented"),
        pytest.param("LIMIT = 3\nLIMIT = 4", "LIMIT = 3\nLIMIT = 7", id="twice"),
        pytest.param("LIMIT = [3]\nLIMIT[0] = 4", "LIMIT = [3]\nLIMIT[0] = 7", id="an-element"),
        pytest.param("LIMIT = []\nLIMIT.append(4)", "LIMIT = []\nLIMIT.append(7)", id="added-to"),
        pytest.param(
            "match 4:\n    case LIMIT:\n        pass", "match 7:\n    case LIMIT:\n        pass", id="matched"
        ),
        pytest.param("FOUR = 4\nLIMIT = FOUR", "FOUR = 7\nLIMIT = FOUR", id="by-another"),
        pytest.param("LIMIT = lambda: 4", "LIMIT = lambda: 7", id="a-lambda"),
        pytest.param("class LIMIT:\n    A = 4", "class LIMIT:\n    A = 7", id="a-class"),
    ],
)
def test_a_name_counts_however_it_is_bound(digest: Digest, before: str, after: str) -> None:
    """Every statement that binds it is part of what uses it."""
    first = edited("contract/boot.py", "LIMIT = 3", before)
    second = edited("contract/boot.py", "LIMIT = 3", after)

    assert digest(first) != digest(second)


def test_names_that_differ_by_a_number_are_told_apart(digest: Digest) -> None:
    """Where one of them is bound twice as well."""
    uses = edited("contract/boot.py", "< LIMIT", "< LIMIT + LIMIT1")
    bound = {path: text.replace("LIMIT = 3", "LIMIT = 3\nLIMIT = 4\nLIMIT1 = 5") for path, text in uses.items()}
    other = {path: text.replace("LIMIT1 = 5", "LIMIT1 = 6") for path, text in bound.items()}

    assert digest(other) != digest(bound)


def test_a_module_that_is_handed_on_is_refused(digest: Digest) -> None:
    """Whoever gets it may call whatever it has, and nobody could tell what."""
    for line, handed in (("from ..text import parsing", "parsing"), ("from .. import text", "text.parsing")):
        boot = BOOT.replace("from ..text.parsing import split", line)

        files = {"contract/boot.py": boot.replace("split(image.config)", f"used({handed})"), "text/__init__.py": ""}

        with pytest.raises(TypeError, match=r"drains hands on the module text\.parsing: what is asked of it"):
            digest(files)


@pytest.mark.parametrize(
    ("line", "annotated"),
    [
        pytest.param("from .asking import Image", "image", id="not-at-all"),
        pytest.param("from . import asking", "image: asking.Image", id="dotted"),
        pytest.param("from .asking import Image as Subject", "image: Subject", id="renamed"),
    ],
)
def test_a_judgement_says_what_it_judges_or_is_refused(line: str, annotated: str, digest: Digest) -> None:
    """By the annotation of its subject it is known which methods it is lent: without, none of them would count."""
    boot = BOOT.replace("from .asking import Image", line).replace("image: Image", annotated)
    other = edited("engine/image.py", 'return "a"', 'return "b"')
    try:
        before = digest({"contract/boot.py": boot})
    except TypeError:
        return

    assert digest({"contract/boot.py": boot, **other}) != before


@pytest.mark.parametrize(
    ("line", "call"),
    [
        pytest.param("from ..text.parsing import split as cut", "cut(", id="renamed"),
        pytest.param("from ..text import parsing", "parsing.split(", id="module"),
        pytest.param("from .. import text", "text.parsing.split(", id="package"),
        pytest.param("from ours.text.parsing import split", "split(", id="absolute"),
        pytest.param("import ours.text.parsing as p", "p.split(", id="dotted"),
        pytest.param("import ours.text.parsing", "ours.text.parsing.split(", id="by-its-whole-name"),
        pytest.param("import ours.text.again", "ours.text.parsing.split(", id="by-the-whole-name-of-another"),
        pytest.param("import ours", "ours.text.parsing.split(", id="by-the-package-alone"),
        pytest.param("from .. import bare", "bare.parsing.split(", id="package-that-imports-nothing"),
        pytest.param("if True:\n    from ..text.parsing import split", "split(", id="conditional"),
        pytest.param("from ..text.again import split", "split(", id="passed-on"),
        pytest.param("from ..text import split", "split(", id="passed-on-by-the-package"),
        pytest.param("from ..text import cut", "cut(", id="passed-on-under-another-name"),
        pytest.param("from .near import split", "split(", id="beside-it"),
    ],
)
def test_no_way_of_importing_hides_what_is_used(digest: Digest, line: str, call: str) -> None:
    """Relative, renamed, whole or passed on: an edit of the helper is seen."""
    boot = BOOT.replace("from ..text.parsing import split", line).replace("split(", call)
    files = {
        "contract/boot.py": boot,
        "contract/near.py": "from ..text.parsing import split\n",
        "text/again.py": "from .parsing import split\n",
        "bare/__init__.py": "",
        "bare/parsing.py": "from ..text.parsing import split\n",
        "text/__init__.py": "from . import parsing\nfrom .parsing import split\nfrom .parsing import split as cut\n",
    }

    assert digest({**files, **edited("text/parsing.py", "WORD.findall", "WORD.split")}) != digest(files)
    assert digest({**files, **edited("text/parsing.py", '    """Nobody\'s."""', "    print()")}) == digest(files)


@pytest.mark.parametrize(
    ("room", "line"),
    [
        pytest.param("parsing_of", "from .text.parsing import split", id="top"),
        pytest.param("contract.drain", "from ..text.parsing import split", id="a-folder-down"),
        pytest.param("contract.container.drain", "from ...text.parsing import split", id="two-folders-down"),
        pytest.param("contract.container", "from ...text.parsing import split", id="a-package-itself"),
    ],
)
def test_a_promise_finds_what_it_calls_from_any_folder(digest: Digest, room: str, line: str) -> None:
    """By as many dots as Python itself counts; a package is one floor above its own modules."""
    place = room.replace(".", "/")
    path = f"{place}/__init__.py" if room == "contract.container" else f"{place}.py"
    subject = "from ours.contract.asking import Image\n"
    files = {path: f'{subject}{line}\n\n\ndef drains(image: Image):\n    """It drains."""\n    return split(image)\n'}

    edit = edited("text/parsing.py", "WORD.findall", "WORD.split")
    assert digest({**files, **edit}, room=room) != digest(files, room=room)


def test_an_import_inside_the_function_is_followed(digest: Digest) -> None:
    """It is used as much as one at the top."""
    line = "from ..text.parsing import split\n"
    files = {"contract/boot.py": BOOT.replace(line, "").replace("    return split", f"    {line}    return split")}

    assert digest({**files, **edited("text/parsing.py", "WORD.findall", "WORD.split")}) != digest(files)


def test_a_judgement_that_lies_elsewhere_finds_the_package(tmp_path: Path, digest: Digest) -> None:
    """As a library of somebody's own has it: its module is taken for one of the package, wherever its file is."""
    digest()
    imports = "from ...contract.asking import Image\nfrom ...text.parsing import split\n"
    text = f'{imports}\n\ndef sells(image: Image):\n    """It sells."""\n    return split(image)\n'
    (tmp_path / "rehearsal.py").write_text(text)
    name = "library.shop.rehearsal"
    root = tmp_path / "0" / "ours"
    code = Code(root=root, elsewhere={name: tmp_path / "rehearsal.py"}, subjects=SUBJECTS)

    assert {"text.parsing.split", "text.parsing._count"} < code.reached(name, "sells").keys()


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (
            "contract/boot.py",
            "split(image.config)",
            'split(getattr(image, "config"))',
            "contract.boot.drains uses getattr: what it asks for cannot be told",
        ),
        ("text/parsing.py", "_count(text)", 'eval("_count(text)")', "text.parsing.split uses eval: "),
        ("text/parsing.py", "WORD.findall", 'import_module("re").findall', "text.parsing._count uses import_module: "),
        (
            "text/parsing.py",
            "WORD.findall",
            'importlib.import_module("re").findall',
            "text.parsing._count uses import_module: ",
        ),
        (
            "text/parsing.py",
            "WORD.findall(text)",
            'operator.attrgetter("stop")(text)',
            "text.parsing._count uses attrgetter: ",
        ),
        (
            "text/parsing.py",
            "WORD.findall(text)",
            'text.__getattribute__("stop")',
            "text.parsing._count uses __getattribute__: ",
        ),
        ("engine/image.py", 'return "a"', 'return vars(self)["a"]', "engine.image.BuiltImage.config uses vars: "),
        ("contract/boot.py", "import split", "import *", "contract.boot imports * from text.parsing: "),
    ],
)
def test_what_hides_a_call_is_refused(digest: Digest, path: str, old: str, new: str, said: str) -> None:
    """It could be voided by nothing, so nobody may judge by it; the message says where it stands."""
    with pytest.raises(TypeError) as refused:
        digest(edited(path, old, new))

    assert str(refused.value).startswith(said)


def test_what_hides_a_call_elsewhere_is_nobody_s_matter(digest: Digest) -> None:
    """Only what judges has to be plain."""
    other = edited("text/parsing.py", '    """Nobody\'s."""', '    getattr(re, "match")')

    assert digest(other) == digest()


def test_a_function_that_is_not_there_is_refused(digest: Digest) -> None:
    """Nothing would be judged by it."""
    with pytest.raises(TypeError, match=r"^contract.boot defines no sinks$"):
        digest(name="sinks")
