"""The history checker: tries to make Curbe lose, double or leak a message, and reads the history that it logged.

Server processes, PostgreSQL, SQLite and Redis are real, and so are the faults: processes are killed, connections cut,
requests repeated. `make soak` runs every cell (a database and a fault) for long, the tests a short form of them.
"""
