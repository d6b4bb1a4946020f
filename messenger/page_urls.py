"""Addresses of the widget's pages and of the demo site, below the root."""

from django.urls import path, re_path

from . import demo_account, demo_pages, pages

widget_urlpatterns = [
    path("widget/<uuid:widget_id>.js", pages.loader, name="widget_loader"),
    path("widget/<uuid:widget_id>", pages.loader),
    path("widget/<uuid:widget_id>/frame", pages.frame, name="widget_frame"),
    re_path(r"^faces/([0-9a-f]{32})/([0-9a-f]{32})\.webp$", pages.face, name="face"),
]
urlpatterns = [
    *widget_urlpatterns,
    path("demo/", demo_pages.shop, {"shop": "harbor"}, name="demo"),
    path("demo/second/", demo_pages.shop, {"shop": "second"}, name="demo_second"),
    path("demo/rival/", demo_pages.shop, {"shop": "rival"}, name="demo_rival"),
    path("demo/account/", demo_pages.account, name="demo_account"),
    path("demo/account/token", demo_account.token, name="demo_account_token"),
]
