"""A project of a reader's -> proven files in it, kept current.

copying.py  ─▶ what is to be written ─┐
updating.py ─▶ three-way merges ──────┼─▶ Change ─▶ writing.py: all of them or none
status.py   ─▶ how each file stands   │       └▶ journal.py: what a killed run left, finished or undone
note.py     ─▶ `.handbook/`: what was copied, with the original bytes
target.py   ─▶ the one door: no path leads out of the project
"""

from .copying import Copy, plan_copy
from .journal import Change, is_interrupted, recover
from .note import read_note
from .status import FileState, FileStatus, status
from .target import Target
from .updating import Outcome, Update, plan_update
from .writing import write

__all__ = [
    "Change",
    "Copy",
    "FileState",
    "FileStatus",
    "Outcome",
    "Target",
    "Update",
    "is_interrupted",
    "plan_copy",
    "plan_update",
    "read_note",
    "recover",
    "status",
    "write",
]
