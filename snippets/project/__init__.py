"""A project of a reader's -> proven files in it, kept current.

copying.py  ─▶ what is to be written ─┐
updating.py ─▶ three-way merges ──────┼─▶ Change ─▶ writing.py: all of them or none
status.py   ─▶ how each file stands   │       ├▶ swap.py: one file, and no save of an editor's lost
                                      │       └▶ patch.py: the same for `git apply`
recovery.py ─▶ what a killed run moved aside, put back
note.py     ─▶ `.handbook/`: what was copied, with the original bytes
leases.py   ─▶ whether anybody still writes to what was moved aside
lock.py     ─▶ one run at a time
target.py   ─▶ the one door: no path leads out of the project
"""

from .copying import Copy, plan_copy
from .note import read_note
from .patch import patch
from .recovery import is_interrupted, pending, recover
from .status import FileState, FileStatus, status
from .swap import Change
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
    "patch",
    "pending",
    "plan_copy",
    "plan_update",
    "read_note",
    "recover",
    "status",
    "write",
]
