"""Two made-up companies and a week of their work: what `manage.py demo` sets up, all of it through the actions."""
