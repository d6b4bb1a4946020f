"""Lighthouse on the demo page with the widget, against the same page without it: make lighthouse.

It has more than a hundred dependencies, so it is not fetched like our other npm packages: package-lock.json pins each
with its hash, and `npm ci` installs them into the project's cache.
"""
