"""All that there is on the widget's own host (WIDGET_ORIGIN)."""

from django.urls import include, path, re_path

from curbe import health

from .api.views import UnknownRoute
from .page_urls import widget_urlpatterns

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/messenger/", include("messenger.api.visitor.urls")),
    re_path(r"^api/", UnknownRoute.as_view()),
    *widget_urlpatterns,
]
