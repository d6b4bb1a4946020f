"""The test bed: real PostgreSQL, real Redis, real server processes and a real browser for pytest.

`plugin` is loaded before Django reads its settings and offers the fixtures; `race`, `scale` and `waiting`
are for tests to import; the rest finds and runs the servers. Nothing here is imported by the product.
"""
