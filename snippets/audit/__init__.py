"""A built site and the records -> what speaks against publishing it; knows nothing of what built it.

`site` goes through all files. Pages are bounded (`source`) and read as a browser reads them (`document`): each
element is listed (`elements`, `scripts`), each block is what the renderer writes, and each piece of code in a
sentence is a name or proven (`inline`). Other files are known by content (`static`, `pictures`, `style` by the lists
of `properties`). What is proven is gathered from the records (`published`).
"""

from .site import audit

__all__ = ["audit"]
