"""Django's own apps as this project has them."""

from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class CurbeAdminConfig(AdminConfig):
    """The stock admin app with our own site."""

    default_site = "messenger.admin_site.CurbeAdminSite"


class CurbeStaticFilesConfig(StaticFilesConfig):
    """Without what no page of ours asks for: a second reader of the API's document, and an API to browse."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc", "rest_framework"]
