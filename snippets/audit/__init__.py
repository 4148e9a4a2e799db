"""A built site and the records -> what speaks against publishing it; knows nothing of what built it.

`site` goes through all files. Pages are read as a browser reads them (`document`, `loading`), other
files by their kind (`static`), and what they hold is compared with what the records prove (`published`).
"""

from .site import audit

__all__ = ["audit"]
