"""A page of prose and cells -> a `Tutorial`, and how it stands by its record.

Nothing here runs a cell or needs Jupyter: `execution` does both, and is imported by name.
"""

from .cells import Passage
from .standing import TutorialStanding, tutorial_objection, tutorial_standings
from .tutorial import FOLDER, Tutorial, load_tutorials

__all__ = [
    "FOLDER",
    "Passage",
    "Tutorial",
    "TutorialStanding",
    "load_tutorials",
    "tutorial_objection",
    "tutorial_standings",
]
