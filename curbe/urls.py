"""Where everything is reached."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from curbe import health
from inbox import welcome_views

handler400 = "messenger.api.views.bad_request"
handler500 = "messenger.api.views.server_error"
urlpatterns = [
    path("", welcome_views.front),
    path("welcome/", welcome_views.welcome, name="welcome"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/", include("messenger.api.urls")),
    path("inbox", RedirectView.as_view(pattern_name="inbox:home")),
    path("inbox/", include("inbox.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("messenger.page_urls")),
]
