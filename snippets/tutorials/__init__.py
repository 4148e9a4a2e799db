"""A page of prose and cells -> a `Tutorial`, how it stands by its record, its Markdown and its notebook.

Nothing here runs a cell: `snippets.tutorials.execution` does, which needs Jupyter and is imported by name.
"""

from snippets.tutorials.notebook import as_notebook, render_tutorial
from snippets.tutorials.tutorial import (
    FOLDER,
    Passage,
    Tutorial,
    TutorialStanding,
    load_tutorials,
    tutorial_objection,
    tutorial_standings,
)

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
