"""How long things take on a real PostgreSQL with much in it: `make bench`."""
