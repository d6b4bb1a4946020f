"""The Django admin, on a site that knows memberships."""

from django.contrib.admin.apps import AdminConfig


class CurbeAdminConfig(AdminConfig):
    """The stock admin app with our own site."""

    default_site = "messenger.admin_site.CurbeAdminSite"
