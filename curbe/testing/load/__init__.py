"""What Curbe bears: thousands of sockets over a restart, hundreds of waiting polls, a machine that is busy otherwise.

`python -m curbe.testing.load` runs every scenario at full figures; `messenger/tests/test_load.py` holds them to limits.
"""
