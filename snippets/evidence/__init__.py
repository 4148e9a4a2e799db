"""Records of what was seen, and what they prove today.

records.py   ─▶ their types; store.py ─▶ files of them, each with its own checksum
truth.py     ─▶ what of a record cannot be true
objection.py ─▶ the one place that decides whether something may be shown; standing.py ─▶ how everything stands
"""
