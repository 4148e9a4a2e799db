"""A page of prose and cells -> a `Tutorial`, how it stands by its record, its Markdown and its notebook.

Nothing here runs a cell or needs Jupyter: `snippets.tutorials.execution` does both, and is imported by name.
"""

from snippets.tutorials.cells import Passage
from snippets.tutorials.notebook import as_notebook, render_tutorial
from snippets.tutorials.standing import TutorialStanding, tutorial_objection, tutorial_standings
from snippets.tutorials.tutorial import FOLDER, Tutorial, load_tutorials

__all__ = [
    "FOLDER",
    "Passage",
    "Tutorial",
    "TutorialStanding",
    "as_notebook",
    "load_tutorials",
    "render_tutorial",
    "tutorial_objection",
    "tutorial_standings",
]
