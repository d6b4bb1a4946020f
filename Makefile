# The two commands: `make run` and `make test`. Each prepares what it needs; see CONTRIBUTING.md for the rest.
PYTHON := $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
UV := $(or $(shell command -v uv),.venv/bin/uv)
COMPILE := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: run test test-sqlite test-postgres test-stacks test-all load bench mutants soak screenshots lighthouse lint format lock reset env env-dev python

run: env
	@exec .venv/bin/python -u manage.py serve --setup

# The three runs share nothing, so they run side by side; each shows its output when it is done. The one with browsers
# takes longest, and its pages go by the clock: the others step back for it.
test: env-dev
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target test-stacks test-postgres test-sqlite

test-sqlite: env-dev
	nice -n 5 .venv/bin/python -m pytest --database=sqlite -m "not stack"

test-postgres: env-dev
	nice -n 5 .venv/bin/python -m pytest --database=postgres -m "not stack and not pure"

# The tests that start whole server processes choose their databases themselves, and mostly wait for them.
test-stacks: env-dev
	.venv/bin/python -m pytest --database=postgres -m stack

# The full figures of every race, property and fault test.
test-all: export CURBE_TEST_SCALE = full
test-all: test

# Full figures of what it bears: thousands of sockets over a restart, waiting polls, a busy machine.
load: export CURBE_TEST_SCALE = full
load: env-dev
	.venv/bin/python -m curbe.testing.load

# How fast search and the chat log are with much in them, and how right the assistant is; under three minutes.
# BENCH="50000 search" asks fewer messages, of one part.
bench: env-dev
	.venv/bin/python -m curbe.testing.bench $(BENCH)

# Plants known bugs in a copy of the tree and names the assertion that notices each; under 15 minutes.
mutants: env-dev
	.venv/bin/python -m curbe.testing.mutants

# Every fault on both databases for long; about an hour. SOAK="--cells sqlite --sends 500" runs less of it.
soak: env-dev
	.venv/bin/python -m curbe.testing.soak $(SOAK)

# Every screen of the widget, the inbox and the admin, light and dark, on a desktop and a phone, in both languages; about
# ten minutes.
screenshots: env-dev
	.venv/bin/python -m curbe.testing.screenshots

# The demo page with the widget against itself without it: no category may lose a point; under three minutes.
lighthouse: env-dev
	.venv/bin/python -m curbe.testing.lighthouse

lint: env-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python manage.py check
	.venv/bin/python manage.py makemigrations --check --dry-run
	.venv/bin/python -m curbe.testing.typecheck_js

format: env-dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Needs network: pins everything in pyproject.toml, and what that needs, with hashes.
lock: env-dev
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

# Forgets the local data (database, keys, collected files, screenshots), never the environment.
reset:
	rm -rf .local

env: python
	@$(PYTHON) curbe/setup_env.py

env-dev: python
	@$(PYTHON) curbe/setup_env.py --dev

python:
	@test -n "$(PYTHON)" || { echo "Curbe needs Python 3.11 or newer: install it (Debian, Ubuntu: apt-get install python3 python3-venv)."; exit 1; }
