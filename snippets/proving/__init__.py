"""pytest's side: subjects are opened and judged, and what tests saw becomes records.

judging.py    ─▶ a promise of an image, a rehearsal, a mutant -> what was found, and by whom
commands.py   ─▶ the strings on the page, run as readers run them
recorder.py   ─▶ accounts of tests -> records; scheduling.py spreads tests over workers
matrix.py, summary.py, progress.py ─▶ what is printed of a run
"""
