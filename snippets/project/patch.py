"""Changes -> a patch that `git apply` takes, byte for byte: modes, missing last line ends and odd names included."""

import base64
import difflib
import hashlib
import io
import string
import zlib
from collections.abc import Iterator, Sequence

from .merge import is_text
from .swap import Change, permissions
from .target import Target

_PLAIN = frozenset(string.ascii_letters + string.digits + string.punctuation + " ") - {'"', "\\"}
NOTHING = "/dev/null"
NO_END = b"\n\\ No newline at end of file\n"
# Bytes in one line of a binary patch, whose number its first letter says.
_WIDTH = 52
_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def patch(target: Target, changes: Sequence[Change]) -> bytes:
    """The patch, whose paths begin at the project's directory."""
    return b"".join(line for change in changes for line in _file(target, change))


def _file(target: Target, change: Change) -> Iterator[bytes]:
    before, after = change.before or b"", change.after or b""
    found = target.mode(change.path)
    old = _mode(found) if change.before is not None and found is not None else None
    new = None if change.after is None else _mode(permissions(target, change))
    if (before, old) == (after, new):
        return
    yield f"diff --git {_name('a/' + change.path)} {_name('b/' + change.path)}\n".encode()
    if old is None:
        yield f"new file mode {new}\n".encode()
    elif new is None:
        yield f"deleted file mode {old}\n".encode()
    elif old != new:
        yield f"old mode {old}\nnew mode {new}\n".encode()
    if before == after:
        return
    if is_text(before) and is_text(after):
        yield from _lines(change, before, after)
    else:
        yield f"index {_blob(before, old)}..{_blob(after, new)}\nGIT binary patch\n".encode()
        yield from (*_literal(after), *_literal(before))


def _lines(change: Change, before: bytes, after: bytes) -> Iterator[bytes]:
    # A tab ends a name that holds a blank.
    tab = "\t" if " " in change.path else ""
    yield f"--- {NOTHING if change.before is None else _name('a/' + change.path) + tab}\n".encode()
    yield f"+++ {NOTHING if change.after is None else _name('b/' + change.path) + tab}\n".encode()
    # As Latin-1 every byte is a letter, and only a line feed ends a line.
    old, new = (io.StringIO(content.decode("latin-1"), newline="\n").readlines() for content in (before, after))
    for line in list(difflib.unified_diff(old, new))[2:]:
        whole = line.encode("latin-1")
        yield whole if whole.endswith(b"\n") else whole + NO_END


def _literal(content: bytes) -> Iterator[bytes]:
    packed = zlib.compress(content)
    yield f"literal {len(content)}\n".encode()
    for start in range(0, len(packed), _WIDTH):
        part = packed[start : start + _WIDTH]
        yield _LENGTHS[len(part) - 1].encode() + base64.b85encode(part, pad=True) + b"\n"
    yield b"\n"


def _blob(content: bytes, mode: str | None) -> str:
    """The name that git gives to a file's bytes; zeros where there is no file."""
    if mode is None:
        return "0" * 40
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def _mode(permissions: int) -> str:
    return "100755" if permissions & 0o111 else "100644"


def _name(path: str) -> str:
    """A name as git writes it: quoted where it holds what is no plain letter."""
    # A letter is one byte where it is plain, and each byte of another is written out.
    quoted = "".join(
        letter if letter in _PLAIN else "".join(f"\\{byte:03o}" for byte in letter.encode()) for letter in path
    )
    return path if quoted == path else f'"{quoted}"'
