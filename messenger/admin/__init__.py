"""The stock Django admin for every model: what a tenant's admin configures, and what everybody said to look at."""

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

from . import articles, composing, contacts, conversations, keys, people, records, teamwork, tenants, widgets

# Jobs are no tenant's, and their table serves the workers: without an index for people it is not for them to browse.
admin.site.unregister(DBTaskResult)

__all__ = [
    "articles",
    "composing",
    "contacts",
    "conversations",
    "keys",
    "people",
    "records",
    "teamwork",
    "tenants",
    "widgets",
]
