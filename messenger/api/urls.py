"""Both APIs, their schema and its browsable form, below /api/."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from .views import UnknownRoute

urlpatterns = [
    path("messenger/", include("messenger.api.visitor.urls")),
    path("inbox/", include("messenger.api.agent.urls")),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    re_path(r"", UnknownRoute.as_view()),
]
