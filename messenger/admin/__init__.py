"""The stock Django admin for every model: what a tenant's admin configures, and what everybody said to look at."""

from . import articles, contacts, conversations, keys, people, records, tenants, widgets

__all__ = ["articles", "contacts", "conversations", "keys", "people", "records", "tenants", "widgets"]
