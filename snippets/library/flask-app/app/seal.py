"""What only the application may read: sealed before it goes into the database, opened when it comes back."""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """Seals with the first key, and opens with any of them: so a key can be replaced."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(derived(key)) for key in keys])

    def seal(self, text: str) -> bytes:
        """The text, as nobody else can read or change it."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """The text. Raises cryptography.fernet.InvalidToken where no key of today has sealed it."""
        return self._fernet.decrypt(sealed).decode()


def derived(key: str) -> bytes:
    """A key of its own from SECRET_KEY: what signs the cookies seals nothing."""
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"seal").derive(key.encode())
    return base64.urlsafe_b64encode(made)
