"""Known bugs, planted one at a time in a copy of the tree, to see which named assertion notices each.

A test that never fails proves nothing. `plants` lists the bugs, `trial` tries one, `python -m curbe.testing.mutants`
(`make mutants`) tries all.
"""
